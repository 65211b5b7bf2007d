// Candidates of the finished map as cards under the reflection, folded; choosing one moves the controls to its weights,
// and the text follows as it follows the sliders. Nothing is written for it.
import { COMMAND, tell } from "../events.js";
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { sum } from "../widgets/numbers.js";
import { faithfulNote } from "../writing/faithful.js";
import { bestBy, generated, mapCandidates } from "./map_candidates.js";
import { settingInWords } from "./setting.js";

// Returns {node, show}; `show` takes the facts of result.js, the text that is read there and the objectives' labels.
export function mapCards(T) {
  const hint = h("p", { class: "fine" });
  const list = h("ul", { class: "picks", "aria-label": T.cards_list });
  const back = h("button", { type: "button", class: "quiet" }, T.cards_back);
  back.addEventListener("click", () => {
    if (!isOff(back)) choose(generated(facts));
  });
  const node = h("details", { class: "map-cards", hidden: true }, h("summary", {}, T.cards), hint, list, back);
  let facts = null;
  let drawn = []; // what the cards were drawn from: the map, the reflection, the recommended weights
  let cards = [];

  function choose({ weights }) {
    const { strength, temperature, seed } = facts.original.details;
    tell(COMMAND.setMix, { weights, strength, temperature, seed, best_of: 1 });
  }

  function draw(labels) {
    const candidates = isFinished(facts) ? mapCandidates(facts) : [];
    const enough = candidates.length > 1;
    cards = enough ? candidates.map((one) => card(one, { facts, labels, choose, T })) : [];
    list.replaceChildren(...cards.map((one) => one.node));
    hint.textContent = enough ? T.cards_hint : whyNone(facts, T);
    list.hidden = back.hidden = !enough;
  }

  return {
    node,
    show(now, shown, labels) {
      if (now.original?.id !== facts?.original?.id) node.open = false; // what is below must not move by itself
      facts = { ...now };
      node.hidden = !isOffered(facts);
      if (node.hidden) return;
      const from = [facts.atlas, facts.original, JSON.stringify(facts.mixer?.recommended)];
      if (from.some((one, k) => one !== drawn[k])) draw(labels);
      drawn = from;
      const stale = facts.statement !== facts.asked.statement; // the sliders would not bring the text back
      for (const one of cards) one.mark(one.text === shown, stale);
      setOff(back, stale || shown === facts.original.text);
    },
  };
}

// Whether there is a map to come: not for a sample, the best of several, or a text of which nothing is kept.
function isOffered({ original, atlas, asked }) {
  if (!original?.id || original.choice || !asked) return false;
  const { strength, temperature } = original.details;
  return temperature === 0 && strength > 0 && (atlas !== null || !original.recalled);
}

const isFinished = ({ atlas, original }) => atlas?.id === original.id && atlas.phase === "done";

function whyNone({ atlas }, T) {
  const words = { done: T.cards_same, failed: T.cards_failed, stopped: T.cards_stopped, off: T.cards_failed };
  return words[atlas?.phase] || T.cards_later;
}

function card(candidate, { facts, labels, choose, T }) {
  const { text, scores, checks, weights } = candidate;
  const { details, parts } = facts.original;
  const words = { ...bestInWords(parts, T), ...T.card_labels };
  const names = candidate.labels.map((label) => words[label]).join(" · ");
  const known = parts.filter(({ name }) => name in scores);
  const found = known.map(({ name, label }) => `${label} ${scores[name].toFixed(2)}`);
  const total = sum(Object.values(weights)) || 1;
  const shares = Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, weight / total]));
  const mark = h("span", { class: "pick-mark", hidden: true }, `✓ ${T.card_shown}`);
  const name = fill(T.card_use_name, { name: names });
  const onclick = () => choose(candidate);
  const button = h("button", { type: "button", class: "secondary", "aria-label": name, onclick }, T.card_use);
  const node = h(
    "li",
    { class: "pick" },
    h("p", { class: "pick-head" }, h("strong", {}, names), mark),
    h("p", { class: "base-text", dir: "auto" }, text),
    found.length ? h("p", { class: "fine" }, fill(T.card_scores, { scores: found.join(" · ") })) : null,
    candidate.labels.includes("said") ? h("p", { class: "fine" }, fill(T.card_said, score(checks.would_say))) : null,
    candidate.labels.includes("closest") ? h("p", { class: "fine" }, fill(T.card_words, candidate.words)) : null,
    checks.faithfulness ? checked(checks.faithfulness, T) : null,
    h(
      "p",
      { class: "fine" },
      fill(T.card_weights, { setting: settingInWords({ ...details, weights: shares }, labels, T) }),
    ),
    button,
  );
  return {
    node,
    text,
    mark(isShown, isStale) {
      mark.hidden = !isShown;
      button.setAttribute("aria-pressed", String(isShown));
      button.disabled = isStale;
    },
  };
}

const bestInWords = (parts, T) =>
  Object.fromEntries(
    parts.map(({ name, label }) => [bestBy(name), T.card_best[name] || fill(T.card_best_other, { name: label })]),
  );

const score = (value) => ({ score: value.toFixed(2) });

const checked = ({ reading }, T) =>
  h("p", { class: "faithful", "data-reading": reading }, faithfulNote({ reading }, T));
