// A score from 0 to 1 as a bar, with the base model's as a mark.
import { fill, h } from "../widgets/dom.js";

// `row` is {label, score, base}; base is null where none is shown beside it.
export function meter(row, style, T) {
  const score = row.score.toFixed(2);
  const spoken = row.base === null ? score : fill(T.score_value, { score, base: row.base.toFixed(2) });
  return h(
    "div",
    { class: "meter-row" },
    h("div", { class: "meter-head" }, h("span", {}, row.label), h("span", { class: "fine" }, spoken)),
    h(
      "div",
      {
        class: "meter",
        role: "meter",
        "aria-label": row.label,
        "aria-valuemin": 0,
        "aria-valuemax": 1,
        "aria-valuenow": row.score,
        "aria-valuetext": spoken,
      },
      h("span", { class: `meter-fill ${style}`, vars: { width: `${100 * row.score}%` } }),
      row.base === null ? null : h("span", { class: "meter-base", vars: { left: `${100 * row.base}%` } }),
    ),
  );
}
