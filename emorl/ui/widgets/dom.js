// Shared by all widgets: builds elements. Text goes in as text nodes only; innerHTML is not used anywhere.
const T = props.text;
const scoped = (name) => (props.settings.scope || "") + name; // ids and events of one of several widgets of a kind

function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child); // append makes text nodes of strings
  }
  return node;
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

const percent = (share) => Math.round(100 * share) + "%";
const signed = (x) => (x <= -0.005 ? "−" : "+") + Math.abs(x).toFixed(2);
const told = (window.emorlTold ??= {}); // what was told last, for widgets on tabs that are opened later
const tell = (name, detail) => { told[name] = detail; document.dispatchEvent(new CustomEvent("emorl:" + name, { detail })); };
const hear = (name, action) => document.addEventListener("emorl:" + name, (event) => action(event.detail));

// Calls a function of the server. Gradio's client swallows a failed request and answers undefined, which must not pass
// for an answer.
async function request(name, data) {
  const found = await server[name](data);
  if (found === undefined) throw new Error("no answer");
  return found;
}

// Opens another screen; tabs that do not fit are in a menu, whose entries have the same names.
function openTab(label) {
  const tabs = [...document.querySelectorAll("#tabs [role=tab]")];
  const tab = tabs.find((item) => item.textContent.trim() === label);
  if (tab) { tab.click(); tab.focus(); }
}

// Phone numbers and links of crisis contacts: banner, crisis panel, About. "Text WORD to NUMBER" opens a message.
const contactAddress = (phone) => {
  const texted = phone.match(/^Text (\S+) to ([\d ]+)$/);
  return texted ? "sms:" + texted[2].replaceAll(" ", "") + "?body=" + encodeURIComponent(texted[1])
    : "tel:" + phone.replace(/[^+\d]/g, "");
};

function contactList(contacts) {
  return h("ul", { class: "contacts" }, contacts.map((c) =>
    h("li", {},
      h("span", { class: "contact-country" }, c.country),
      h("span", { class: "contact-name" }, c.url ? h("a", { href: c.url, rel: "noreferrer", target: "_blank" }, c.name) : c.name),
      c.phone ? h("a", { class: "contact-phone", href: contactAddress(c.phone) }, c.phone) : null,
      c.note ? h("span", { class: "contact-note" }, c.note) : null)));
}

// Copies words and says so on the button; without permission they are left selected in `node` for Ctrl+C.
async function copyText(button, words, node) {
  try {
    await navigator.clipboard.writeText(words);
    button.textContent = T.copied;
  } catch (error) {
    getSelection().selectAllChildren(node);
  }
}
