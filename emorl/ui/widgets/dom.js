// Builds elements. Text goes in as text nodes only; nothing is ever parsed as HTML.

export function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (isGiven(value) && value !== false) setAttribute(node, name, value);
  }
  node.append(...children.flat(Number.POSITIVE_INFINITY).filter(isGiven)); // append makes text nodes of strings
  return node;
}

const isGiven = (value) => value !== undefined && value !== null;

function setAttribute(node, name, value) {
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "vars") for (const [key, one] of Object.entries(value)) node.style.setProperty(key, one);
  else node.setAttribute(name, value === true ? "" : value);
}

// Fills in the {names} of a text.
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (all, name) => (name in values ? String(values[name]) : all));
}

// A text about a number of things, filled in: the one whose name ends in `_one` where there is one of them.
export function counted(T, name, n, values = {}) {
  return fill(T[n === 1 ? `${name}_one` : name], { n, ...values });
}

// The index that a key moves to in a list of items, or undefined where it does not move.
export function keyMove(event, index, last) {
  const to = {
    ArrowRight: index + 1,
    ArrowDown: index + 1,
    ArrowLeft: index - 1,
    ArrowUp: index - 1,
    Home: 0,
    End: last,
  }[event.key];
  return to === undefined ? undefined : Math.min(last, Math.max(0, to));
}

// Greys a button out, or not. `disabled` would take the focus away from whoever has just pressed it; so a button that is
// off can still be pressed, and what it does asks `isOff` first.
export const setOff = (button, off) => button.setAttribute("aria-disabled", String(off));

export const isOff = (button) => button.getAttribute("aria-disabled") === "true";

// Opens another screen, and says whether there is one; tabs that do not fit are in a menu, whose entries have the same
// names.
export function openTab(label) {
  const tabs = [...document.querySelectorAll("#tabs :is([role=tab], .overflow-dropdown button)")];
  const tab = tabs.find((item) => item.textContent.trim() === label);
  tab?.click();
  tab?.focus();
  return Boolean(tab);
}

// Copies words and says so on the button; without permission they are left selected in `node` for Ctrl+C.
export async function copyText(button, words, node, copied) {
  try {
    await navigator.clipboard.writeText(words);
    button.textContent = copied;
  } catch {
    getSelection().selectAllChildren(node);
  }
}

// Saves a text, or the bytes that it stands for in base64, as a file on the reader's computer.
export function saveFile(name, type, text, base64 = false) {
  const content = base64 ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)) : text;
  const link = h("a", { href: URL.createObjectURL(new Blob([content], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
