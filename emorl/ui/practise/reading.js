// What is said of a reflection: lines with a sign, tries side by side, reflections to compare with.
import { fill, h } from "../widgets/dom.js";
import { dataTable } from "../widgets/table.js";

const SIGNS = { good: "✓", note: "·", look: "!" };

export function linesList(lines) {
  const line = ({ head, text, level }) =>
    h(
      "li",
      { "data-level": level },
      h("span", { class: "sign line-sign", "aria-hidden": "true" }, SIGNS[level]),
      h("span", {}, h("strong", {}, `${head}: `), text),
    );
  return h("ul", { class: "practise-lines" }, lines.map(line));
}

// The last two tries, one column each; what changed is in bold.
export function changesTable(tries, T) {
  const [before, now] = tries.slice(-2).map(({ reading }) => reading);
  const names = [tries.length - 1, tries.length].map((n) => fill(T.try_name, { n }));
  const then = Object.fromEntries(before.lines.map((line) => [line.kind, line.short]));
  const rows = now.lines.map(({ kind, head, short }) => {
    const was = then[kind] ?? "";
    return [head, was, was === short ? short : h("strong", {}, short)];
  });
  return h(
    "div",
    { class: "practise-changes" },
    h("h3", {}, T.changes_title),
    before.text === now.text ? h("p", { class: "fine" }, T.changes_same) : null,
    dataTable(T.changes_title, [T.column_check, ...names], rows, "data words-table"),
  );
}

// `again` is what the button does.
export function comparison(candidates, pending, T, again) {
  const models = pending || candidates.some(({ source }) => source === "model");
  const origin = models ? T.candidates_model : T.candidates_case;
  const about = candidates.length ? origin : T.candidates_none;
  const card = ({ source, reading }) =>
    h(
      "article",
      { class: "practise-candidate" },
      h("h3", {}, T[`candidate_${source}`]),
      h("p", { class: "practise-own", dir: "auto" }, reading.text),
      linesList(reading.lines),
    );
  return h(
    "section",
    {
      class: "card",
      id: "practise-compare",
      "aria-labelledby": "practise-compare-title",
      "aria-busy": String(pending),
    },
    h("h2", { class: "title", id: "practise-compare-title" }, T.candidates_title),
    h("p", { class: "fine", role: "status" }, pending ? T.candidates_pending : about),
    candidates.map(card),
    h("button", { type: "button", class: "secondary", id: "practise-again", onclick: again }, T.again),
  );
}
