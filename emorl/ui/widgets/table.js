// A table inside a box that scrolls sideways, which the keyboard reaches.
import { h } from "./dom.js";

// `rows` are lists of cells, text or nodes; the first is the row's heading. `style` is the table's class.
export function dataTable(caption, columns, rows, style = "data") {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: style, "aria-label": caption },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h("tbody", {}, rows.map(dataRow)),
    ),
  );
}

function dataRow([head, ...cells]) {
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, head),
    cells.map((cell) => h("td", { class: typeof cell === "string" && cell.length > 24 ? "words" : null }, cell)),
  );
}
