// Everything about one word: its bars against a runner-up that can be chosen, other likely words, what each part alone
// would have chosen, and what a little more of an objective would do.
import { rangeNote, signedBars } from "../widgets/bars.js";
import { fill, h } from "../widgets/dom.js";
import { percent, signed } from "../widgets/numbers.js";
import { dataTable } from "../widgets/table.js";

const TEN_POINTS = 0.1; // of share: the step that the slopes are told for

export function wordPanel(word, facts, T) {
  const bars = h("div", {});
  const foils = otherWords(word, facts, T);
  const compare = (choice) => bars.replaceChildren(...wordBars(word, choice, facts, T));
  const select = h(
    "select",
    { id: "why-foil", onchange: () => compare(foils[Number(select.value) - 1]?.choice) },
    h(
      "option",
      { value: "0" },
      word.foil === word.text ? T.runner_up_same : fill(T.runner_up, { word: named(word.foil, T) }),
    ),
    foils.map(({ label }, i) => h("option", { value: String(i + 1) }, label)),
  );
  compare(undefined);
  return [
    h("p", { class: "plain-sentence" }, word.sentence),
    h("p", { class: "foil-line" }, h("label", { for: "why-foil" }, T.compare), " ", select),
    bars,
    folded(T.own_heading, ownWords(word, facts, T)),
    folded(T.candidates_heading, candidates(word, facts, T)),
    folded(T.slope_heading, slopes(word, facts, T)),
  ];
}

const named = (word, T) => word || T.the_end;

const folded = (heading, nodes) => h("details", { class: "why-more" }, h("summary", {}, heading), nodes);

// Words that the chosen one can be compared with, besides its runner-up: what each part alone would have written.
function otherWords(word, { names, labels }, T) {
  const first = word.pieces[0];
  const found = new Map();
  const add = (choice, text, label) => {
    if (text === word.foil || text === word.text || choice.written || found.has(text)) return;
    found.set(text, { choice, label });
  };
  for (const name of names) {
    const text = word.own[name];
    add(first.own[name], text, fill(T.own_of, { word: named(text, T), label: labels[name] }));
  }
  return [...found.values()];
}

function wordBars(word, foil, { data, names, styles, labels, sampled }, T) {
  const { contributions, margin } = foil || word;
  const range = (name) => rangeNote(word.unchanged[name], data.weights[name], styles[name], T);
  const rows = names.map((name) => ({
    label: labels[name],
    style: styles[name],
    value: contributions[name],
    note: foil || sampled || name === "base" ? undefined : range(name),
  }));
  const begun = foil && word.pieces.length > 1 ? ` ${fill(T.foil_piece, { piece: word.pieces[0].text.trim() })}` : "";
  return [
    signedBars(rows, named(word.text, T)),
    h(
      "p",
      { class: "fine" },
      fill(T.bars_hint, { margin: signed(margin) }),
      begun,
      sampled ? ` ${T.range_sampled}` : "",
    ),
  ];
}

function pieceName(word, n, T) {
  const piece = named(word.pieces[n].text.trim(), T);
  return fill(T.piece_of, { n: n + 1, all: word.pieces.length, piece });
}

function candidates(word, { names, labels }, T) {
  const several = word.pieces.length > 1;
  const columns = [T.column_word, T.column_p, T.column_margin, ...names.map((name) => labels[name])];
  const lead = (choice) => [signed(choice.margin), ...names.map((name) => signed(choice.contributions[name]))];
  const row = (choice) => [
    named(choice.text, T),
    percent(choice.probability),
    ...(choice.written ? [T.written_mark, ...names.map(() => "")] : lead(choice)),
  ];
  const tables = word.pieces.flatMap((piece, n) => {
    const name = several ? pieceName(word, n, T) : "";
    const caption = T.candidates_heading + (several ? `. ${name}` : "");
    return [
      several ? h("p", { class: "table-title" }, name) : null,
      dataTable(caption, columns, piece.candidates.map(row)),
    ];
  });
  return [h("p", { class: "fine" }, T.candidates_hint), ...tables];
}

function ownWords(word, { names, labels }, T) {
  const row = (name) => [fill(T.own_row, { label: labels[name] }), named(word.own[name], T)];
  return dataTable(T.own_heading, [T.overall_part, T.column_word], names.map(row));
}

function slopes(word, { names, labels }, T) {
  const row = (name) => [
    labels[name],
    signed(TEN_POINTS * word.margin_slope[name]),
    fill(T.times, { n: Math.exp(TEN_POINTS * word.log_p_slope[name]).toFixed(2) }),
  ];
  return [
    h("p", { class: "fine" }, T.slope_hint),
    dataTable(T.slope_heading, [T.overall_part, T.slope_margin, T.slope_p], names.slice(1).map(row)),
  ];
}
