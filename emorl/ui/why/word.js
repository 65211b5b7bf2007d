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
    h("option", { value: "0" }, fill(T.runner_up, { word: named(word.foil, T) })),
    foils.map(({ label }, i) => h("option", { value: String(i + 1) }, label)),
  );
  compare(undefined);
  return [
    h("p", { class: "plain-sentence" }, word.sentence),
    h("p", { class: "foil-line" }, h("label", { for: "why-foil" }, T.compare), " ", select),
    bars,
    h(
      "div",
      { class: "why-columns" },
      h("div", {}, candidates(word, facts, T)),
      h("div", {}, ownWords(word, facts, T), slopes(word, facts, T)),
    ),
  ];
}

const named = (word, T) => word || T.the_end;

// Words that the chosen one can be compared with, besides its runner-up: what was near, and what each part preferred.
function otherWords(word, { names, labels }, T) {
  const first = word.pieces[0];
  const found = new Map();
  const add = (choice, label) => {
    if (choice.text === word.foil || choice.written || found.has(choice.text)) return;
    found.set(choice.text, { choice, label });
  };
  for (const near of first.candidates) {
    add(near, fill(T.candidate, { word: named(near.text, T), p: percent(near.probability) }));
  }
  for (const name of names) {
    const own = first.own[name];
    add(own, fill(T.own_of, { word: named(own.text, T), label: labels[name] }));
  }
  return [...found.values()];
}

function wordBars(word, foil, { data, names, styles, labels, sampled }, T) {
  const { contributions, margin } = foil || word;
  const range = (name) => rangeNote(word.unchanged[name], data.weights[name], styles[name], sampled, T);
  const rows = names.map((name) => ({
    label: labels[name],
    style: styles[name],
    value: contributions[name],
    note: foil || name === "base" ? undefined : range(name),
  }));
  const begun = foil && word.pieces.length > 1 ? ` ${fill(T.foil_piece, { piece: word.pieces[0].text.trim() })}` : "";
  return [
    signedBars(rows, named(word.text, T)),
    h("p", { class: "fine" }, fill(T.bars_hint, { margin: signed(margin) }), begun),
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
  return [h("h3", {}, T.candidates_heading), h("p", { class: "fine" }, T.candidates_hint), ...tables];
}

function ownWords(word, { names, labels }, T) {
  const several = word.pieces.length > 1;
  const columns = word.pieces.map((_, n) => (several ? pieceName(word, n, T) : T.column_word));
  const row = (name) => [
    fill(T.own_row, { label: labels[name] }),
    ...word.pieces.map((piece) => named(piece.own[name].text, T)),
  ];
  return [h("h3", {}, T.own_heading), dataTable(T.own_heading, [T.overall_part, ...columns], names.map(row))];
}

function slopes(word, { names, labels }, T) {
  const row = (name) => [
    labels[name],
    signed(TEN_POINTS * word.margin_slope[name]),
    fill(T.times, { n: Math.exp(TEN_POINTS * word.log_p_slope[name]).toFixed(2) }),
  ];
  return [
    h("h3", {}, T.slope_heading),
    h("p", { class: "fine" }, T.slope_hint),
    dataTable(T.slope_heading, [T.overall_part, T.slope_margin, T.slope_p], names.slice(1).map(row)),
  ];
}
