// The parts of the Rate screen that only show something: heading, progress, statement and reflections.
import { fill, h } from "../widgets/dom.js";

export function heading(words) {
  return h("h2", { class: "title", id: "queue-heading", tabindex: "-1" }, words);
}

export function progress({ done, total }, T) {
  const words = fill(T.progress, { done, total });
  const width = `${total ? (100 * done) / total : 0}%`;
  return h(
    "div",
    { class: "queue-progress" },
    h(
      "div",
      {
        class: "mixbar",
        role: "progressbar",
        "aria-label": T.progress_label,
        "aria-valuemin": 0,
        "aria-valuemax": total,
        "aria-valuenow": done,
        "aria-valuetext": words,
      },
      h("span", { class: "done-part", vars: { width } }),
    ),
    h("span", { class: "fine" }, words),
  );
}

// What the page calls the texts of an item.
export const sidesOf = ({ texts }) => (texts.length === 1 ? ["text"] : ["left", "right"]);

// The statement, and below it one reflection or two; `markers` stand for their words where these can be marked.
export function itemTexts(task, T, markers = null) {
  const labels = { text: [T.single, "queue-single"], left: [T.left, "queue-left"], right: [T.right, "queue-right"] };
  const sides = sidesOf(task).map((side, k) =>
    passage(...labels[side], markers ? markers[k].node : words(task.texts[k])),
  );
  return [passage(T.statement, "queue-statement", words(task.statement)), h("div", { class: "sides" }, sides)];
}

const words = (text) => h("p", { class: "words", dir: "auto" }, text);

function passage(label, id, content) {
  return h("section", { class: "passage", "aria-labelledby": id }, h("h3", { id }, label), content);
}

// What was expected of a training item beside what was answered.
export function lessonText({ expected, why }, answers, T) {
  const word = (field, value) => (value === "unsure" ? T.unsure : T[`${field}_options`][value] || T.lesson_none);
  const line = ([field, value]) => [
    h("dt", {}, T[field]),
    h("dd", {}, fill(T.lesson_line, { expected: word(field, value), given: word(field, answers[field]) })),
  ];
  return h(
    "section",
    { class: "lesson", "aria-labelledby": "queue-lesson" },
    h("h3", { id: "queue-lesson", tabindex: "-1" }, T.lesson_heading),
    h("dl", {}, Object.entries(expected).flatMap(line)),
    h("p", { class: "reason", dir: "auto" }, why),
  );
}

// What both ends of every scale look like, on an invented statement.
export function examples(T) {
  const line = ([field, ends]) => [
    h("dt", {}, T[field]),
    Object.entries(ends).map(([value, text]) =>
      h("dd", {}, fill(T.example, { level: T[`${field}_options`][value], text })),
    ),
  ];
  return h(
    "details",
    { class: "guidelines scale-ends" },
    h("summary", {}, T.examples_heading),
    h("p", { class: "guide" }, `${T.statement}: “${T.examples_statement}”`),
    h("dl", {}, Object.entries(T.examples).flatMap(line).flat()),
  );
}

// Two replies to the same statement: which of them is better, and why.
export function pairExample(T) {
  const line = ([side, text]) => [h("dt", {}, T[side]), h("dd", {}, `“${text}”`)];
  return h(
    "details",
    { class: "guidelines scale-ends" },
    h("summary", {}, T.pair_heading),
    h("p", { class: "guide" }, `${T.statement}: “${T.examples_statement}”`),
    h("dl", {}, Object.entries(T.pair_example).flatMap(line)),
    h("p", { class: "guide" }, T.pair_why),
  );
}

// What whoever made a study asks its raters to go by.
export function guidelines({ guidelines: words }, T, open) {
  return h(
    "details",
    { class: "guidelines", open },
    h("summary", {}, T.guidelines),
    h("p", { class: "guide", dir: "auto" }, words),
  );
}
