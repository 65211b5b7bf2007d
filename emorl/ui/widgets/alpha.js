// Krippendorff's alpha in a table; why there is none is said once below the table where that goes for every row.
import { fill, h } from "./dom.js";
import { fixed } from "./numbers.js";

const NONE = "–";

// `rows` are {alpha, explanation}; returns the cell of a row and what stands below the table, null where nothing does.
export function alphaCells(rows, T) {
  const [{ explanation } = {}] = rows;
  const same = rows.length > 1 && rows.every((row) => row.alpha === null && row.explanation === explanation);
  const why = (row) => (same ? NONE : row.explanation);
  return {
    cell: (row) => (row.alpha === null ? why(row) : fixed(row.alpha)),
    note: same ? h("p", { class: "fine" }, fill(T.alpha_none, { explanation })) : null,
  };
}
