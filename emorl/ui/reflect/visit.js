// The reflections of this visit, newest first; kept in this page's memory and gone with it.
import { COMMAND, hear, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { keep, kept } from "../writing/keep.js";
import { settingInWords } from "./setting.js";

const MAX_ENTRIES = 20;

export function visit({ element, props, trigger }) {
  const T = props.text;
  const entries = [...(kept("visit") || [])]; // {result, statement, mix}
  const list = h("ol", { class: "visit", "aria-label": T.list });
  const card = h(
    "section",
    { class: "card", hidden: true, "aria-labelledby": "visit-heading" },
    h("h2", { class: "title", id: "visit-heading" }, T.heading),
    h("p", { class: "fine" }, T.hint),
    list,
  );
  element.append(card);
  let labels = {};

  function add(entry) {
    const again = entries.findIndex(({ result }) => result.id === entry.result.id); // the last step comes twice
    if (again >= 0) entries.splice(again, 1);
    entries.unshift(entry);
    entries.length = Math.min(entries.length, MAX_ENTRIES);
    keep("visit", entries);
    draw();
  }

  function draw() {
    card.hidden = !entries.length;
    list.replaceChildren(...entries.map((one) => row(one, labels, bringBack, T)));
  }

  function bringBack({ result, statement, mix }) {
    tell(COMMAND.setStatement, statement);
    tell(COMMAND.setMix, mix);
    props.value = result;
    trigger("submit");
  }

  hear(STATE.weights, ({ objectives }) => {
    const known = Object.keys(labels).length > 0;
    labels = Object.fromEntries(objectives.map((o) => [o.name, o.label]));
    if (!known) draw(); // of the page before this one
  });
  hear(COMMAND.finished, add);
  hear(COMMAND.edited, ({ id, weights, text }) => {
    for (const { result } of entries) if (result.id === id && !weights) result.edited = text;
  });
}

// The value of the result widget after its last one: the same, marked so that it counts as old.
export function recalled(value) {
  return [
    { ...value, recalled: true },
    { phase: "open", id: value.id },
  ];
}

function row(entry, labels, bringBack, T) {
  const { result, statement } = entry;
  const name = fill(T.back_name, { text: result.text.slice(0, 60) });
  const onclick = () => bringBack(entry);
  const setting = settingInWords({ weights: result.weights, ...result.details }, labels, T);
  const best = result.choice ? ` · ${fill(T.best, { n: result.choice.written })}` : "";
  return h(
    "li",
    {},
    h("p", { class: "visit-said", dir: "auto" }, statement),
    h("p", { class: "base-text", dir: "auto" }, result.text),
    h(
      "div",
      { class: "visit-end" },
      h("span", { class: "fine" }, setting + best),
      h("button", { type: "button", class: "quiet", "aria-label": name, onclick }, T.back),
    ),
  );
}
