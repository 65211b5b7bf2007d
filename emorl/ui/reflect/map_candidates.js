// Which texts of a finished map stand out, each with what it stands out for: labels, scores and weights. No DOM here.
//
// For each objective it is the text whose score times fitness is highest, as the best of several is chosen
// (`best_of.py`): the highest score alone may be that of a text that says what the client did not. An objective without
// a scorer has none, nor has fluency, in which texts hardly differ. `facts` are those of result.js. Only
// one text is known better than the map knows it: the one that was generated, with its own weights. Left out: the best of
// several, which has its own list, and whatever would have to be written first.
import { middle, regionAt } from "../atlas/lookup.js";
import { sum } from "../widgets/numbers.js";
import { fitness } from "../writing/fitness.js";

const SAME_SHARE = 1e-4;
const ALIKE = "fluency";

// Words that say little of what somebody said; a text is not close to the client for having them.
const FUNCTION_WORDS = new Set(
  (
    "a about all also am an and any are as at be because been but by can could did do does doing don't for from get " +
    "had has have having he her here him his how i i'm i've i'd i'll if in into is isn't it it's its just me my myself " +
    "no not of off on or our out over she so than that that's the their them then there there's these they they're " +
    "this those to too up us very was we were what when where which while who why will with would you you're you've " +
    "you'd you'll your yourself"
  ).split(" "),
);

// The best first within each label; texts that are equal are one candidate with several labels.
// {labels, text, scores, checks, weights, own, words}: scores and raw weights by name, `checks` with faithfulness and
// would_say, `words` as `ownWords` gives them; `own` where it is the text that was generated.
export function mapCandidates(facts) {
  const { atlas, original, asked, mixer } = facts;
  const texts = atlas.regions.map((region) => textOf(region, facts));
  const base = baseOf(original);
  const found = [
    ["recommended", recommended(texts, facts, mixer?.recommended)],
    ["said", most([...texts, base], ({ checks }) => checks.would_say)],
    ...original.parts
      .filter(({ name }) => name !== ALIKE)
      .map(({ name }) => [bestBy(name), most(texts, ({ scores, checks }) => scores[name] * (fitness(checks) ?? 1))]),
    ["closest", most(texts, ({ text }) => overlap(text, asked.statement))],
    ["base", base],
  ];
  const candidates = new Map();
  for (const [label, one] of found) {
    if (!one) continue;
    const before = candidates.get(one.text);
    if (before) before.labels.push(label);
    else candidates.set(one.text, { ...one, labels: [label], words: ownWords(one.text, asked.statement) });
  }
  return [...candidates.values()];
}

// The label of the best text by the score of an objective.
export const bestBy = (name) => `best ${name}`;

// What was generated, which the sliders come back to exactly.
export function generated({ original, asked }) {
  const scores = Object.fromEntries(original.scores.map(({ name, score }) => [name, score]));
  return { text: original.text, scores, checks: original, weights: asked.mix?.weights || original.weights, own: true };
}

function textOf(region, facts) {
  if (region.reflection === facts.original.text) return generated(facts);
  const { atlas, original } = facts;
  const weights = Object.fromEntries(original.parts.map(({ name }) => [name, 0]));
  middle(region.polygon).forEach((share, k) => {
    weights[atlas.objectives[k]] = share;
  });
  return { text: region.reflection, scores: region.scores || {}, checks: region, weights, own: false };
}

// The text of the recommended weights; null where neither the map nor the generated text has it.
function recommended(texts, facts, weights) {
  const total = weights ? sum(Object.values(weights)) : 0;
  if (!(total > 0)) return null;
  const isSame = ([name, share]) => Math.abs((weights[name] || 0) / total - share) < SAME_SHARE;
  if (Object.entries(facts.original.weights).every(isSame)) return generated(facts);
  const one = texts[regionAt(facts.atlas, weights)];
  return one ? { ...one, weights: one.own ? one.weights : weights } : null;
}

// The base model's own reply is no region of the map, but is known with each reflection.
function baseOf({ base, base_checks: checks, text, parts, scores }) {
  const known = scores.filter((row) => row.base !== null).map((row) => [row.name, row.base]);
  const weights = Object.fromEntries(parts.map(({ name }) => [name, 0]));
  return { text: base, scores: Object.fromEntries(known), checks, weights, own: base === text };
}

// The first with the highest value; null where nothing is known, or nothing is above zero.
function most(texts, value) {
  const values = texts.map((one) => value(one) || 0);
  const highest = Math.max(...values);
  return highest > 0 ? texts[values.indexOf(highest)] : null;
}

// Dice coefficient of the main words of both, without its factor of 2.
function overlap(text, statement) {
  const { said, all } = ownWords(text, statement);
  return said / (all + mainWords(statement).length || 1);
}

// How many of a text's main words the client said too: {said, all}. Other forms of a word count as other words.
export function ownWords(text, statement) {
  const heard = new Set(mainWords(statement));
  const written = mainWords(text);
  return { said: written.filter((word) => heard.has(word)).length, all: written.length };
}

function mainWords(text) {
  const plain = text.toLowerCase().replaceAll("’", "'");
  const words = plain.match(/[\p{L}\p{N}]+(?:'\p{L}+)*/gu) || [];
  return [...new Set(words)].filter((word) => !FUNCTION_WORDS.has(word));
}
