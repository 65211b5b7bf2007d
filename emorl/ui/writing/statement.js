// Statement box: counter, examples, personal-data notice. Its value is the text.
const { max, examples } = props.settings;
const box = h("textarea", {
  id: scoped("statement-box"), rows: props.settings.rows || 5, maxlength: max, placeholder: T.placeholder, spellcheck: "true",
  autocomplete: "off", "aria-describedby": scoped("statement-counter") + " " + scoped("statement-notice"),
});
const counter = h("span", { id: scoped("statement-counter"), class: "counter" });
const notice = h("p", { id: scoped("statement-notice"), class: "notice", role: "status" });
const hide = h("button", { type: "button", class: "secondary", hidden: true, onclick: maskPersonalData }, T.mask);
let timer = 0;
let asked = 0;

function changed() {
  props.value = box.value;
  counter.textContent = fill(T.counter, { n: box.value.length, max });
  counter.classList.toggle("full", box.value.length >= max);
  tell(scoped("statement"), box.value);
  clearTimeout(timer);
  timer = setTimeout(checkPersonalData, 500);
}

async function checkPersonalData() {
  const turn = ++asked;
  let kinds = [];
  try {
    if (box.value.trim()) kinds = await request("personal_notice", box.value);
  } catch (error) {
    kinds = []; // the notice is a courtesy; a lost connection is reported at Generate
  }
  if (turn === asked) hide.hidden = !kinds.length;
  if (turn === asked) notice.textContent = kinds.length ? fill(T.notice, { kinds: kinds.join(", ") }) : "";
}

async function maskPersonalData() {
  const before = box.value;
  let after = before;
  try {
    after = await request("masked", before);
  } catch (error) {
    return; // the notice stays
  }
  if (box.value !== before) return; // typed on meanwhile
  box.value = after;
  changed();
  box.focus();
}

// The statement of another screen, where it has one.
function take() {
  const there = told[props.settings.take];
  if (there?.trim()) { box.value = there; changed(); }
}

box.addEventListener("input", changed);
hear("hello", () => tell(scoped("statement"), box.value));
hear(scoped("set-statement"), (text) => { box.value = text; changed(); });
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    document.getElementById(props.settings.go)?.click();
  }
});
element.append(
  h("div", { class: "card statement" },
    h("div", { class: "card-head" }, h("label", { class: "title", for: scoped("statement-box") }, T.label),
      props.settings.take ? h("button", { type: "button", class: "quiet", onclick: take }, T.take) : null),
    box,
    h("div", { class: "below" }, h("span", { class: "fine shortcut" }, T.shortcut), counter),
    notice, hide,
    h("div", { class: "chips", role: "group", "aria-label": T.examples },
      h("span", { class: "chips-label" }, T.examples),
      examples.map((example) => h("button", {
        type: "button", class: "chip",
        onclick: () => { box.value = example.statement; changed(); },
      }, example.topic)))));
counter.textContent = fill(T.counter, { n: 0, max });
