// A table inside a box that scrolls sideways, which the keyboard reaches. Where the page is narrow, every row becomes a
// list of its cells, each with the name of its column, so that nothing has to be scrolled sideways (`widgets.css`). The
// roles are written out, as a table that is not laid out as one loses them.
import { h } from "./dom.js";

// `rows` are lists of cells, text or nodes; the first is the row's heading. `style` is the table's class.
export function dataTable(caption, columns, rows, style = "data") {
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: `stacks-narrow${style ? ` ${style}` : ""}`, role: "table", "aria-label": caption },
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          columns.map((name) => h("th", { scope: "col", role: "columnheader" }, name)),
        ),
      ),
      h(
        "tbody",
        { role: "rowgroup" },
        rows.map((row) => dataRow(row, columns)),
      ),
    ),
  );
}

function dataRow([head, ...cells], columns) {
  const words = (cell) => (typeof cell === "string" && cell.length > 24 ? "words" : null);
  const cell = (value, k) => h("td", { class: words(value), role: "cell", "data-column": columns[k + 1] }, value);
  return h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, head), cells.map(cell));
}
