// The contribution view: words as items (roving tabindex, arrow keys, hover), bars for one word, bars for the reply.
import { rangeNote, signedBars } from "../widgets/bars.js";
import { fill, h, keyMove } from "../widgets/dom.js";
import { percent, signed } from "../widgets/numbers.js";
import { dataTable } from "../widgets/table.js";

// Draws the words into `line` and the panel into `panel`; `styles` and `labels` are those of the parts, by name.
export function explainWords({ result, line, panel, styles, labels, T }) {
  const spoken = h("p", { class: "sr", role: "status" });
  const body = h("div", {});
  panel.replaceChildren(body, spoken);
  const items = [];
  let selected = -1;

  function show(index, speak) {
    const word = result.words[index];
    const rows = wordRows(result, word, styles, labels, T);
    body.replaceChildren(...wordBars(word, rows, T));
    items.forEach((item, i) => {
      item.classList.toggle("shown", i === index);
    });
    if (speak) spoken.textContent = inWords(word, rows, T);
  }

  function select(index, focus) {
    if (selected >= 0) items[selected].tabIndex = -1;
    selected = index;
    items[index].tabIndex = 0;
    items.forEach((item, i) => {
      item.setAttribute("aria-pressed", String(i === index));
    });
    if (focus) items[index].focus();
    show(index, focus);
  }

  line.replaceChildren();
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", T.words_label);
  result.words.forEach((word, index) => {
    const item = wordItem(word, styles, T, {
      onmouseenter: () => show(index, false),
      onmouseleave: () => show(selected, false),
      onclick: () => select(index, true),
      onfocus: () => {
        if (selected !== index) select(index, false);
        show(index, true);
      },
      onkeydown: (event) => {
        const to = keyMove(event, index, items.length - 1);
        if (to === undefined) return;
        event.preventDefault();
        select(to, true);
      },
    });
    if (index > 0 && (word.gap || word.kind === "end")) line.append(" ");
    line.append(item);
    items.push(item);
  });
  const first = result.words.findIndex((word) => word.decided);
  if (items.length) select(Math.max(0, first), false);
}

function wordItem(word, styles, T, actions) {
  const end = word.kind === "end";
  const style = (word.decided ? ` decided ${styles[word.decided]}` : "") + (end ? " end" : "");
  const item = h(
    "span",
    { class: `word${style}`, role: "button", tabindex: "-1", "aria-pressed": "false", ...actions },
    end ? h("span", { "aria-hidden": "true" }, "▪") : word.text,
  );
  if (end) item.setAttribute("aria-label", T.word_end);
  return item;
}

function wordRows(result, word, styles, labels, T) {
  const sampled = result.details.temperature > 0;
  return Object.entries(word.contributions).map(([name, value]) => {
    const note = () => rangeNote(word.unchanged[name], result.weights[name] || 0, styles[name], T);
    return { label: labels[name], style: styles[name], value, note: name === "base" || sampled ? undefined : note() };
  });
}

const nameOf = (word, T) => (word.kind === "end" ? T.word_end : word.text);

function wordBars(word, rows, T) {
  const name = nameOf(word, T);
  const pieces = word.pieces > 1 ? ` · ${fill(T.word_pieces, { n: word.pieces })}` : "";
  return [
    h(
      "p",
      { class: "panel-head" },
      h("span", { class: "panel-word" }, fill(T.word_over, { word: name, foil: word.foil || T.word_end })),
      h("span", { class: "fine" }, fill(T.margin, { margin: signed(word.margin) }), pieces),
    ),
    signedBars(rows, name),
  ];
}

function inWords(word, rows, T) {
  return fill(T.word_spoken, {
    word: nameOf(word, T),
    foil: word.foil || T.word_end,
    margin: signed(word.margin),
    parts: rows.map((row) => `${row.label} ${signed(row.value)}`).join(", "),
  });
}

// What is said of all words below the bars. Of a sampled text it may be none of `decided` and `decided_none`.
export function aboutWords({ words, details }, T) {
  const sampled = details.temperature > 0;
  const said = [T.margin_hint];
  if (sampled) said.push(T.range_sampled);
  if (sampled && words.some((word) => word.margin < 0)) said.push(T.drawn);
  if (words.some((word) => word.decided)) said.push(T.decided);
  else if (words.every((word) => word.contributions.base >= 0)) said.push(T.decided_none);
  return said.join(" ");
}

// Sums over the reply as bars, and the same as a table.
export function explainOverall({ result, styles, labels, T }) {
  const rows = result.overall.map(({ name, sum }) => ({ label: labels[name], style: styles[name], value: sum }));
  const kept = ({ unchanged }) =>
    unchanged ? fill(T.range_to, { lo: percent(unchanged[0]), hi: percent(unchanged[1]) }) : T.not_applicable;
  return h(
    "div",
    { class: "overall" },
    h("h2", { class: "title", id: "overall-heading" }, T.overall_heading),
    h("p", { class: "fine" }, T.overall_hint),
    signedBars(rows, T.overall_heading),
    h(
      "details",
      {},
      h("summary", {}, T.overall_table),
      dataTable(
        T.overall_table,
        [T.overall_part, T.overall_sum, T.overall_mean, T.overall_range],
        result.overall.map((row) => [labels[row.name], signed(row.sum), signed(row.mean), kept(row)]),
        null,
      ),
    ),
  );
}
