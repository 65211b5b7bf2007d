// The reply as a whole: how far each slider may move, what each part contributed, where the objectives disagree.
import { shareStrip, signedBars } from "../widgets/bars.js";
import { fill, h } from "../widgets/dom.js";
import { percent, signedPercent } from "../widgets/numbers.js";

const tenths = (share) => `${(100 * share).toFixed(1)}%`;

export function wholeCard(facts, T) {
  const { data, names, styles, labels } = facts;
  const { overall } = data;
  const rows = names.map((name) => ({
    label: labels[name],
    style: styles[name],
    value: overall.signed[name],
    shown: fill(T.push_net, { share: signedPercent(overall.signed[name]) }),
    note: [fill(T.push_note, { share: percent(overall.absolute[name]) })],
  }));
  return h(
    "section",
    { class: "card", id: "why-whole", "aria-labelledby": "why-whole-heading" },
    h("h2", { class: "title", id: "why-whole-heading" }, T.overall_title),
    h("h3", {}, T.ranges_heading),
    facts.sampled
      ? h("p", { class: "fine" }, T.range_sampled)
      : h(
          "div",
          { class: "ranges", role: "list" },
          names.slice(1).map((name) => rangeRow(name, facts, T)),
        ),
    h("h3", {}, T.push_heading),
    h("p", { class: "fine" }, T.push_hint),
    signedBars(rows, T.push_heading),
    h("p", { class: "fine disagreement" }, disagreement(data, T)),
  );
}

function rangeRow(name, facts, T) {
  const { data, styles, labels } = facts;
  return h(
    "div",
    { class: "range-row", role: "listitem" },
    h(
      "span",
      { class: "bar-label" },
      h("span", { class: `swatch ${styles[name]}`, "aria-hidden": "true" }),
      labels[name],
    ),
    shareStrip(data.overall.unchanged[name], data.weights[name], styles[name]),
    h("span", { class: "fine" }, rangeInWords(name, facts, T)),
  );
}

function rangeInWords(name, { data }, T) {
  const range = data.overall.unchanged[name];
  if (!range) return T.range_none;
  if (range[0] <= 0 && range[1] >= 1) return T.range_whole;
  const [below, above] = data.overall.limits[name];
  const first = (index, text) => (index === null ? [] : [fill(text, { word: data.words[index].text || T.the_end })]);
  const kept = fill(T.range_keeps, { lo: tenths(range[0]), hi: tenths(range[1]) });
  return [kept, ...first(below, T.range_first), ...first(above, T.range_last)].join("; ");
}

function disagreement({ words, overall }, T) {
  if (!(overall.max_disagreement > 1e-9)) return T.disagree_none;
  const top = Math.max(...words.map((word) => word.disagreement));
  const where = words.find((word) => word.disagreement === top);
  return fill(T.disagree, {
    value: overall.disagreement.toFixed(2),
    most: overall.max_disagreement.toFixed(2),
    word: where.text || T.the_end,
    top: top.toFixed(2),
  });
}
