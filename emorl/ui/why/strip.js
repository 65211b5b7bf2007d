// Words as buttons (roving tabindex) under stacked bars: above the line for the word, below it against.
import { h, keyMove } from "../widgets/dom.js";
import { sum } from "../widgets/numbers.js";

const HEIGHT = 110; // px of all bars together

// `pick` hears the index of the word that is chosen and whether it should be read out. Returns the node and `select`.
export function stripCard({ data, names, styles, labels }, T, pick) {
  const line = h("div", { class: "strip-line", role: "group", "aria-label": T.strip_label });
  const only = h("input", { type: "checkbox", id: "why-only", onchange: drawBars });
  const items = data.words.map((word, index) => wordButton(word, index, data.words.length - 1, select, T));
  let selected = 0;

  function select(index, focus) {
    items[selected].tabIndex = -1;
    items[selected].setAttribute("aria-pressed", "false");
    selected = index;
    items[index].tabIndex = 0;
    items[index].setAttribute("aria-pressed", "true");
    if (focus) items[index].focus();
    pick(index, focus);
  }

  function drawBars() {
    const shown = names.filter((name) => name !== "base" || !only.checked);
    const stacks = stackBars(data.words, shown, styles);
    items.forEach((item, index) => {
      item.firstChild.replaceChildren(...stacks[index]);
    });
  }

  line.append(...items);
  drawBars();
  const entry = (name) =>
    h("span", {}, h("span", { class: `swatch ${styles[name]}`, "aria-hidden": "true" }), labels[name]);
  const node = h(
    "section",
    { class: "card", id: "why-strip", "aria-labelledby": "why-strip-heading" },
    h("h2", { class: "title", id: "why-strip-heading" }, T.strip_heading),
    h("p", { class: "fine" }, T.strip_hint),
    h("p", { class: "legend" }, names.map(entry)),
    line,
    h("p", { class: "only" }, only, " ", h("label", { for: "why-only" }, T.only_objectives)),
  );
  return { node, select };
}

// Two stacks for each word, on a scale that all words share.
function stackBars(words, names, styles) {
  const total = (word, sign) => sum(names.map((name) => Math.max(0, sign * word.contributions[name])));
  const up = Math.max(...words.map((word) => total(word, 1)), 1e-6);
  const down = Math.max(...words.map((word) => total(word, -1)), 0);
  const height = HEIGHT / (up + down); // px a nat
  const bar = (word, name) => {
    const vars = { height: `${height * Math.abs(word.contributions[name])}px` };
    return h("span", { class: `bar ${styles[name]}`, vars });
  };
  const stack = (word, sign, style, most) => {
    const bars = names.filter((name) => sign * word.contributions[name] > 0).map((name) => bar(word, name));
    return h("span", { class: `stack ${style}`, vars: { height: `${height * most}px` } }, bars);
  };
  return words.map((word) => [stack(word, 1, "up", up), stack(word, -1, "down", down)]);
}

function wordButton(word, index, last, select, T) {
  const onkeydown = (event) => {
    const to = keyMove(event, index, last);
    if (to === undefined) return;
    event.preventDefault();
    select(to, true);
  };
  return h(
    "button",
    {
      type: "button",
      class: `strip-word ${word.kind}`,
      tabindex: index ? "-1" : "0",
      "aria-pressed": "false",
      "aria-label": word.text || T.the_end,
      title: word.text ? null : T.the_end,
      onclick: () => select(index, true),
      onkeydown,
    },
    h("span", { class: "stacks", "aria-hidden": "true" }),
    h("span", { class: "strip-text", "aria-hidden": "true" }, word.kind === "end" ? "▪" : word.text),
  );
}
