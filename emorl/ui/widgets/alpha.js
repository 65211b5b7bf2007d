// Krippendorff's alpha in a table; a reason that several rows share is said once, below the table.
import { fill, h } from "./dom.js";
import { fixed } from "./numbers.js";

const NONE = "–";

// `rows` are {alpha, explanation}; returns the cell of a row and what stands below the table, null where nothing does.
export function alphaCells(rows, T) {
  const lacking = rows.filter((row) => row.alpha === null).map((row) => row.explanation);
  const explanation = lacking.find((reason, n) => lacking.indexOf(reason) < n); // the first that comes twice
  const cell = (row) => (row.explanation === explanation ? NONE : row.explanation);
  const all = lacking.length === rows.length && lacking.every((reason) => reason === explanation);
  return {
    cell: (row) => (row.alpha === null ? cell(row) : fixed(row.alpha)),
    note: explanation ? h("p", { class: "fine" }, fill(all ? T.alpha_none : T.alpha_dash, { explanation })) : null,
  };
}
