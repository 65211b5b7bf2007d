// Statement box: counter, examples, notice about personal data. Its value is the text, all of it: a text that is too
// long is counted and refused, never cut, because what is cut off may speak of a crisis.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { request } from "../widgets/server.js";
import { agreeToKeep, isAgreed, keep, kept, wasLost } from "./keep.js";
import { linkLine } from "./link_line.js";

export function statement({ element, props, server }) {
  const T = props.text;
  const { scope, max, read, examples, go, take, rows = 3 } = props.settings;
  const id = (name) => `${scope}statement-${name}`;
  const box = h("textarea", {
    id: id("box"),
    dir: "auto",
    rows,
    placeholder: scope ? T.placeholder : `${T.placeholder} ${T.placeholder_shortcut}`, // others say it below the box
    spellcheck: "true",
    autocomplete: "off",
    "aria-describedby": `${id("counter")} ${id("notice")}`,
  });
  const counter = h("span", { id: id("counter"), class: "counter" });
  const personal = personalData(id("notice"), box, changed, server, read, T);

  function changed() {
    props.value = box.value;
    list.compare(box.value);
    count();
    if (!scope) keep("statement", box.value);
    tell(STATE.statement, box.value, scope);
    personal.later();
  }

  function count() {
    const n = letters(box.value.trim()).length;
    counter.textContent = fill(n > max ? T.counter_over : T.counter, { n, max, over: n - max });
    counter.classList.toggle("full", n > max);
  }

  function put(text) {
    box.value = text;
    changed();
  }

  function takeOver() {
    const there = last(STATE.statement, take);
    if (there?.trim()) put(there);
  }

  box.addEventListener("input", changed);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    document.getElementById(go)?.click();
  });
  const list = exampleList(examples, put, T);
  element.append(
    h(
      "div",
      { class: "card statement" },
      h(
        "div",
        { class: "card-head" },
        h("label", { class: "title", for: id("box") }, T.label),
        list.node,
        take === undefined ? null : h("button", { type: "button", class: "quiet", onclick: takeOver }, T.take),
      ),
      box,
      h("div", { class: "below" }, scope ? h("span", { class: "fine shortcut" }, T.shortcut) : keepBox(T), counter),
      scope ? null : linkLine(),
      !scope && wasLost() ? h("p", { class: "notice", role: "status" }, T.lost) : null,
      h("div", { class: "personal" }, personal.notice, personal.mask),
    ),
  );
  count();
  tell(STATE.statement, box.value, scope);
  hear(COMMAND.setStatement, put, scope);
  if (!scope && kept("statement")) put(kept("statement"));
}

// Whether what is typed may be kept over a reload.
function keepBox(T) {
  const box = h("input", { type: "checkbox", id: "keep-box" });
  box.checked = isAgreed();
  box.addEventListener("change", () => agreeToKeep(box.checked));
  return h("label", { class: "keep fine", title: T.keep_help }, box, T.keep);
}

// Characters as the server counts them: an emoji is one, though JavaScript keeps it as two.
const letters = (text) => [...text];

// Examples as a list to choose from, which stands on an example only while that is in the box.
function exampleList(examples, put, T) {
  const option = (example, k) => h("option", { value: k }, example.topic);
  const node = h(
    "select",
    { class: "examples", "aria-label": T.examples },
    h("option", { value: "" }, T.examples),
    examples.map(option),
  );
  node.addEventListener("change", () => {
    if (node.value !== "") put(examples[node.value].statement);
  });
  const compare = (text) => {
    const found = examples.findIndex((example) => example.statement === text);
    node.value = found < 0 ? "" : String(found);
  };
  return { node, compare };
}

// The notice that the text may hold personal data, and the button that takes it out.
function personalData(id, box, changed, server, read, T) {
  const notice = h("p", { id, class: "notice", role: "status" });
  const mask = h("button", { type: "button", class: "quiet", hidden: true, onclick: replace }, T.mask);
  let timer = 0;
  let latest = 0;

  async function check() {
    latest += 1;
    const turn = latest;
    let kinds = [];
    try {
      if (box.value.trim()) kinds = await request(server, "personal_notice", parts(box.value)[0]);
    } catch {
      kinds = []; // the notice is a courtesy; a lost connection is reported at Generate
    }
    if (turn !== latest) return; // typed on meanwhile
    mask.hidden = !kinds.length;
    notice.textContent = kinds.length ? fill(T.notice, { kinds: kinds.join(", ") }) : "";
  }

  async function replace() {
    const before = box.value;
    let after = before;
    try {
      const [some, rest] = parts(before);
      after = (await request(server, "masked", some)) + rest;
    } catch {
      return; // the notice stays
    }
    if (box.value !== before) return; // typed on meanwhile
    box.value = after;
    changed();
    box.focus();
  }

  // What the server looks at, and the rest.
  function parts(text) {
    const all = letters(text);
    return [all.slice(0, read).join(""), all.slice(read).join("")];
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  }

  return { notice, mask, later };
}
