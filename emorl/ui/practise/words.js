// The person's words, marked with what one objective would change; a word that has the focus or the pointer says it.
import { fill, h, keyMove } from "../widgets/dom.js";
import { objectiveStyle } from "../widgets/numbers.js";

const DOUBLE = Math.log(2);

export function wordsCard({ words, parts }, T) {
  const spoken = words.filter(({ kind }) => kind === "word");
  if (!spoken.length || !parts.length) return [];
  const line = h("p", { class: "practise-words", role: "group", "aria-label": T.words_label, dir: "auto" });
  const detail = h("p", { class: "practise-detail", "aria-live": "polite" });
  const summary = h("p", { class: "fine" });
  const nodes = new Map(); // by index in `words`
  let part = parts[0];
  let chosen = words.indexOf(spoken[0]);

  const select = (index, focus) => {
    nodes.get(chosen).tabIndex = -1;
    chosen = index;
    nodes.get(index).tabIndex = 0;
    if (focus) nodes.get(index).focus();
    detail.replaceChildren(...sentences(words, index, part, T));
  };
  words.forEach((word, index) => {
    if (index && word.gap) line.append(" ");
    if (word.kind === "word") {
      nodes.set(index, wordButton(word, index));
      line.append(nodes.get(index));
    } else line.append(word.text);
  });

  function wordButton(word, index) {
    const onkeydown = (event) => {
      const to = keyMove(event, spoken.indexOf(word), spoken.length - 1);
      if (to === undefined) return;
      event.preventDefault();
      select(words.indexOf(spoken[to]), true);
    };
    const show = () => select(index, false);
    const shown = { onclick: show, onfocus: show, onmouseenter: show, onkeydown };
    return h("button", { type: "button", class: "practise-word", tabindex: "-1", ...shown }, word.text);
  }

  function choose(next) {
    part = next;
    for (const button of buttons) button.node.setAttribute("aria-pressed", String(button.part === part));
    for (const [index, node] of nodes) mark(node, words[index], part);
    const own = spoken.filter((word) => isOwn(word, part.name)).length;
    const more = spoken.filter((word) => word.push[part.name] >= DOUBLE).length;
    const less = spoken.filter((word) => word.push[part.name] <= -DOUBLE).length;
    summary.textContent = fill(T.words_summary, { label: part.label, more, less, own, all: spoken.length });
    select(chosen, false);
  }

  const buttons = parts.map((one, k) => ({
    part: one,
    node: h(
      "button",
      { type: "button", class: "chip", "aria-pressed": "false", onclick: () => choose(one) },
      h("span", { class: `swatch ${objectiveStyle(k)}`, "aria-hidden": "true" }),
      one.label,
    ),
  }));
  choose(part);
  const key = (style, text) =>
    h("span", {}, h("span", { class: `practise-key ${style}`, "aria-hidden": "true" }, "abc"), text);
  return [
    h(
      "section",
      { class: "card", id: "practise-words", "aria-labelledby": "practise-words-title" },
      h("h2", { class: "title", id: "practise-words-title" }, T.words_title),
      h("p", { class: "fine" }, T.words_hint),
      h(
        "div",
        { class: "chips", role: "group", "aria-label": T.words_choose },
        buttons.map(({ node }) => node),
      ),
      line,
      detail,
      h(
        "p",
        { class: "practise-keys fine" },
        key("more", T.key_more),
        key("less", T.key_less),
        key("other", T.key_other),
      ),
      summary,
      h("p", { class: "fine" }, T.words_limits),
    ),
  ];
}

// Whether an objective would write another word than both the person and the base model.
function isOwn({ instead }, name) {
  return Boolean(instead[name]) && instead[name].text !== instead.base?.text;
}

function mark(node, word, { name }) {
  node.classList.toggle("more", word.push[name] >= DOUBLE);
  node.classList.toggle("less", word.push[name] <= -DOUBLE);
  node.classList.toggle("other", Boolean(word.instead[name]));
}

// What an objective would do to a word.
function sentences(words, index, { name, label }, T) {
  const word = words[index];
  const push = word.push[name];
  const size = Math.exp(Math.abs(push));
  const times = size < 10 ? size.toFixed(1) : String(Math.round(size));
  const changed = push > 0 ? T.word_more : T.word_less;
  const kind = Math.abs(push) >= DOUBLE ? changed : T.word_even;
  const found = [h("strong", {}, `“${word.text}” `), fill(kind, { label, times }), " "];
  const other = word.instead[name];
  if (!other) return [...found, T.word_kept];
  const before = words[index - 1]?.text || "";
  const whole = other.text ? T.word_other : T.word_end;
  found.push(fill(other.joined ? T.word_joined : whole, { other: other.text, before, word: word.text }), " ");
  const base = word.instead.base;
  if (!base) return [...found, T.word_base_keeps];
  if (base.text === other.text) return [...found, T.word_base_too];
  return [...found, base.text ? fill(T.word_base_other, { other: base.text }) : T.word_base_end];
}
