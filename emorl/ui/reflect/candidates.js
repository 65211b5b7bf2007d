// What the shown text was chosen from: how the choice was made, and every candidate, the chosen one first. Of many the
// last are folded, so that the rating form is not far below.
import { COMMAND, tell } from "../events.js";
import { fill, h, openTab } from "../widgets/dom.js";
import { sum } from "../widgets/numbers.js";
import { checkNotes } from "../writing/checks.js";
import { faithfulMeter, faithfulNote } from "../writing/faithful.js";
import { fitness } from "../writing/fitness.js";
import { meter } from "../writing/meter.js";
import { settingInWords } from "./setting.js";

const OPEN = 3; // candidates that are seen at once; a fourth is too, where it is the last

// `choice` is {written, shares, candidates}; `id` is that of the chosen text, "" where nothing of it is kept; `styles`
// and `labels` are those of the objectives, by name.
export function candidateList({ choice, id, styles, labels, T }) {
  const items = choice.candidates.map((candidate, place) => item({ candidate, place, choice, id, styles, labels, T }));
  return [...reasons(choice, T).map((words) => h("p", { class: "fine candidates-how" }, words)), ...lists(items, T)];
}

function lists(items, T) {
  const open = items.length > OPEN + 1 ? OPEN : items.length;
  const first = h("ol", { class: "candidates", "aria-label": T.candidates }, items.slice(0, open));
  const rest = items.slice(open);
  if (!rest.length) return [first];
  const folded = h(
    "details",
    { class: "candidates-rest" },
    h("summary", {}, fill(T.candidates_rest, { n: rest.length })),
    h("ol", { class: "candidates", start: open + 1, "aria-label": T.candidates_others }, rest),
  );
  return [first, folded];
}

// How many there were, how the choice was made, and what that does not explain.
function reasons({ written, shares, candidates }, T) {
  if (candidates.length === 1) return [fill(T.written_same, { n: written })];
  const [{ faithfulness, would_say: said }] = candidates;
  const checked = said === null ? Boolean(faithfulness) : true;
  const count = fill(T.written_different, { n: written, different: candidates.length });
  return [
    `${count} ${how(shares, said !== null, checked, T)}`,
    `${T.how_words} ${checked ? T.how_note : T.how_note_plain}`,
  ];
}

function how(shares, said, checked, T) {
  const [withSaid, withChecks, plain] = sum(Object.values(shares)) > 0 ? [T.how_said, T.how, T.how_plain] : T.how_zero;
  if (said) return withSaid;
  return checked ? withChecks : plain;
}

function item({ candidate, place, choice, id, styles, labels, T }) {
  const { text, chips, total, scores, faithfulness, would_say: said } = candidate;
  const chosen = place === 0;
  const { reading } = faithfulness || {};
  const facts = scores.map(({ label, score }) => `${label} ${score.toFixed(2)}`);
  return h(
    "li",
    {},
    h(
      "details",
      { class: chosen ? "candidate chosen" : "candidate" },
      h(
        "summary",
        {},
        h("span", { class: "candidate-text" }, text),
        h(
          "span",
          { class: "candidate-facts" },
          chosen ? h("strong", { class: "candidate-mark" }, `✓ ${T.chosen}`) : null,
          h("strong", {}, fill(T.total, { total: total.toFixed(2) })),
          h("span", { class: "fine" }, facts.join(" · ")),
          reading ? h("span", { class: "faithful", "data-reading": reading }, faithfulNote({ reading }, T)) : null,
          checkNotes(chips, T.chips),
        ),
      ),
      scores.map((row) => meter(row, styles[row.name] || "o0", T)),
      faithfulness ? faithfulMeter(faithfulness, T) : null,
      said === null ? null : meter({ label: T.would_say, score: said, base: null }, "o0", T),
      h("p", { class: "fine candidate-sum" }, arithmetic(candidate, choice, T)),
      h("p", { class: "fine" }, `${T.made[candidate.made]} ${settingInWords(candidate, labels, T)}`),
      chosen ? toWhy(id, T) : toControls(candidate, T),
    ),
  );
}

// How the total is made up, in numbers.
function arithmetic(candidate, { shares }, T) {
  const { scores, total } = candidate;
  const parts = scores
    .filter(({ name }) => shares[name] > 0)
    .map(({ name, score }) => `${shares[name].toFixed(2)} × ${score.toFixed(2)}`);
  const quality = parts.join(" + ") || "1";
  const times = fitness(candidate);
  const whole = times === undefined ? quality : `${parts.length > 1 ? `(${quality})` : quality} × ${times.toFixed(2)}`;
  return fill(T.sum, { sum: whole, total: total.toFixed(2) });
}

function toWhy(id, T) {
  if (!id) return null;
  return h("button", { type: "button", class: "secondary", onclick: () => openTab(T.why_tab) }, T.why_chosen);
}

function toControls({ weights, strength, temperature, seed }, T) {
  const onclick = () => {
    tell(COMMAND.setMix, { weights, strength, temperature, seed, best_of: 1 });
    document.getElementById("generate")?.focus();
  };
  return [h("button", { type: "button", class: "secondary", onclick }, T.take), h("p", { class: "fine" }, T.take_hint)];
}
