// Statement box: counter, examples, notice about personal data. Its value is the text.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { request } from "../widgets/server.js";

export function statement({ element, props, server }) {
  const T = props.text;
  const { scope, max, read, examples, go, take, rows = 5 } = props.settings;
  const id = (name) => `${scope}statement-${name}`;
  const box = h("textarea", {
    id: id("box"),
    dir: "auto",
    rows,
    // More than a reflection is written for: what is pasted must not lose an end that speaks of a crisis.
    maxlength: read,
    placeholder: T.placeholder,
    spellcheck: "true",
    autocomplete: "off",
    "aria-describedby": `${id("counter")} ${id("notice")}`,
  });
  const counter = h("span", { id: id("counter"), class: "counter" });
  const personal = personalData(id("notice"), box, changed, server, T);

  function changed() {
    props.value = box.value;
    count();
    tell(STATE.statement, box.value, scope);
    personal.later();
  }

  function count() {
    counter.textContent = fill(T.counter, { n: box.value.length, max });
    counter.classList.toggle("full", box.value.length > max);
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
  const chip = (example) =>
    h("button", { type: "button", class: "chip", onclick: () => put(example.statement) }, example.topic);
  element.append(
    h(
      "div",
      { class: "card statement" },
      h(
        "div",
        { class: "card-head" },
        h("label", { class: "title", for: id("box") }, T.label),
        take === undefined ? null : h("button", { type: "button", class: "quiet", onclick: takeOver }, T.take),
      ),
      box,
      h("div", { class: "below" }, h("span", { class: "fine shortcut" }, T.shortcut), counter),
      personal.notice,
      personal.mask,
      h(
        "div",
        { class: "chips", role: "group", "aria-label": T.examples },
        h("span", { class: "chips-label" }, T.examples),
        examples.map(chip),
      ),
    ),
  );
  count();
  tell(STATE.statement, box.value, scope);
  hear(COMMAND.setStatement, put, scope);
}

// The notice that the text may hold personal data, and the button that takes it out.
function personalData(id, box, changed, server, T) {
  const notice = h("p", { id, class: "notice", role: "status" });
  const mask = h("button", { type: "button", class: "secondary", hidden: true, onclick: replace }, T.mask);
  let timer = 0;
  let latest = 0;

  async function check() {
    latest += 1;
    const turn = latest;
    let kinds = [];
    try {
      if (box.value.trim()) kinds = await request(server, "personal_notice", box.value);
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
      after = await request(server, "masked", before);
    } catch {
      return; // the notice stays
    }
    if (box.value !== before) return; // typed on meanwhile
    box.value = after;
    changed();
    box.focus();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(check, 500);
  }

  return { notice, mask, later };
}
