// One of the texts: its setting in words, the words that only it has, checks, scores.
import { copyText, counted, fill, h } from "../widgets/dom.js";
import { objectiveStyle, percent } from "../widgets/numbers.js";
import { checkItems } from "../writing/checks.js";
import { faithfulLine, faithfulMeter } from "../writing/faithful.js";
import { meter } from "../writing/meter.js";

export const NAMES = ["A", "B", "C", "D"];

// Returns the node, the text inside it, and `draw` and `wipe`.
export function sideColumn(name, T) {
  const id = `compare-text-${name.toLowerCase()}`;
  const text = h("p", { class: "reflection-text", id, dir: "auto" });
  const copyName = fill(T.copy_name, { name });
  const copy = h("button", { type: "button", class: "quiet", hidden: true, "aria-label": copyName }, T.copy);
  const setting = h("p", { class: "fine setting" });
  const differs = h("p", { class: "fine differs" });
  const faithful = h("div", { class: "faithful-place" });
  const chips = h("ul", { class: "care-chips chips-place", "aria-label": fill(T.chips_name, { name }) });
  const scores = h("div", { class: "scores", role: "group", "aria-label": fill(T.scores_name, { name }) });
  copy.addEventListener("click", () => copyText(copy, text.textContent, text, T.copied));
  const node = h(
    "article",
    { class: "versus", "aria-labelledby": `${id}-heading` },
    h("div", { class: "card-head" }, h("h3", { id: `${id}-heading` }, name), copy),
    setting,
    text,
    differs,
    faithful,
    chips,
    scores,
  );

  function draw(side) {
    const parts = runs(side.alike ? side.marked : side.marked.map(([word]) => [word, true]));
    text.replaceChildren(...parts.flatMap(markedRun));
    setting.textContent = settingInWords(side, T);
    differs.replaceChildren(...difference(side, parts, T));
    chips.replaceChildren(...checkItems(side.chips, T.chips));
    const style = ({ name: objective }) => objectiveStyle(side.parts.findIndex((part) => part.name === objective));
    scores.replaceChildren(...side.scores.map((row) => meter(row, style(row), T)));
    if (side.faithfulness) {
      faithful.replaceChildren(faithfulLine(side.faithfulness, T));
      scores.append(faithfulMeter(side.faithfulness, T));
    }
    copy.hidden = false;
    copy.textContent = T.copy;
  }

  function wipe() {
    copy.hidden = true;
    for (const one of [text, setting, differs, faithful, chips, scores]) one.replaceChildren();
  }

  return { node, text, draw, wipe };
}

// Words of a side in runs; a run that only this side has is marked.
function runs(words) {
  const found = [];
  for (const [word, same] of words) {
    const before = found.at(-1);
    if (before?.same === same) before.words.push(word);
    else found.push({ same, words: [word] });
  }
  return found;
}

function markedRun({ same, words }, at) {
  const text = words.join(" ");
  return [at ? " " : "", same ? text : h("mark", {}, text)];
}

function difference(side, parts, T) {
  const only = parts.filter(({ same }) => !same).map(({ words }) => `“${words.join(" ")}”`);
  return [
    howItDiffers(side, T),
    h("span", { class: "sr" }, only.length ? fill(T.differs_spoken, { words: only.join(", ") }) : ""),
    side.cut ? ` ${T.cut}` : "",
  ];
}

function howItDiffers({ marked, other, alike, missing }, T) {
  const n = marked.filter(([, same]) => !same).length;
  if (!other) return T.first_of_many;
  if (!alike) return fill(T.differs_most, { other });
  if (n) return counted(T, "differs", n, { all: marked.length, other });
  return missing ? counted(T, "differs_fewer", missing, { other }) : fill(T.differs_not, { other });
}

function settingInWords({ parts, weights, details }, T) {
  const { strength, temperature, seed } = details;
  const mixed = parts.filter(({ name }) => weights[name] > 0);
  const facts = mixed.map(({ name, label }) => `${label} ${percent(weights[name])}`);
  if (!facts.length) facts.push(T.base);
  else if (strength !== 1) facts.push(fill(T.strength_is, { strength }));
  if (temperature > 0) facts.push(fill(T.sampled, { temperature, seed }));
  return facts.join(" · ");
}
