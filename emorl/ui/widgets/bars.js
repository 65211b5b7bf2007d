// Signed bars around a common zero, and the shares of an objective that keep a word as a strip.
import { fill, h } from "./dom.js";
import { percent, signed } from "./numbers.js";

// `rows` are {label, style, value, shown, note}; `shown` is the value in words, `note` a list of nodes; both may be
// missing.
export function signedBars(rows, caption) {
  const most = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-6);
  return h(
    "div",
    { class: "bars", role: "table", "aria-label": caption },
    rows.map((row) => barRow(row, most)),
  );
}

function barRow(row, most) {
  const bar = () => h("span", { class: `bar ${row.style}`, vars: { width: `${(100 * Math.abs(row.value)) / most}%` } });
  return h(
    "div",
    { class: "bar-row", role: "row" },
    h(
      "span",
      { class: "bar-label", role: "rowheader" },
      h("span", { class: `swatch ${row.style}`, "aria-hidden": "true" }),
      row.label,
    ),
    h(
      "span",
      { class: "bar-track", "aria-hidden": "true" },
      h("span", { class: "bar-half left" }, row.value < 0 ? bar() : null),
      h("span", { class: "bar-half right" }, row.value >= 0 ? bar() : null),
    ),
    h("span", { class: "bar-value", role: "cell" }, row.shown ?? signed(row.value)),
    row.note === undefined ? null : h("span", { class: "bar-note fine", role: "cell" }, ...row.note),
  );
}

// A strip from 0 to 1 with a range of shares in it and a line where the share is now.
export function shareStrip(range, share, style) {
  const found = range && { left: `${100 * range[0]}%`, width: `${100 * (range[1] - range[0])}%` };
  return h(
    "span",
    { class: "strip", "aria-hidden": "true" },
    found ? h("span", { class: `strip-range ${style}`, vars: found }) : null,
    h("span", { class: "strip-now", vars: { left: `${100 * share}%` } }),
  );
}

// The range that keeps a word, as a strip and in words, for a row of `signedBars`.
export function rangeNote(range, share, style, text) {
  if (!range) return [text.range_none];
  return [shareStrip(range, share, style), fill(text.range, { lo: percent(range[0]), hi: percent(range[1]) })];
}
