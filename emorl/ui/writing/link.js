// A setting, and perhaps a statement, as the fragment of an address: what follows "#", which no browser sends to a
// server. A fragment is read as a whole or not at all. So is a rater's link to a study. No DOM here.
const VERSION = "1";

// The most that the controls can be set to.
export const MOST = Object.freeze({
  strength: 2,
  temperature: 1.5,
  seed: 2147483000, // of several samples each has the next seed, and a rating stores seeds below 2^31
});

const STUDY = "study=";

// The code in a rater's link to a study, or "".
export function studyCode(fragment) {
  return fragment.startsWith(STUDY) ? fragment.slice(STUDY.length) : "";
}

// The fragment of such a link.
export function studyFragment(code) {
  return STUDY + code;
}

const NUMBER = /^\d+(\.\d+)?(e-\d+)?$/;

// `statement` is left out where it is blank. It comes first: where a message cuts a link off, the end is missing, and
// nobody reads half a statement as a whole one.
export function toFragment({ weights, strength, temperature, seed, best_of }, statement = "") {
  const facts = new URLSearchParams({ emorl: VERSION });
  if (statement.trim()) facts.append("statement", statement);
  for (const [name, weight] of Object.entries(weights)) facts.append(`weight.${name}`, weight);
  for (const [name, value] of Object.entries({ strength, temperature, seed, best_of })) facts.append(name, value);
  return facts.toString();
}

// {mix, statement}, or null where a fragment is none of ours, is cut off, or was made for other objectives. `names` are
// those of the objectives, `choices` the numbers that can be written at once.
export function fromFragment(fragment, names, choices) {
  const facts = new URLSearchParams(fragment);
  const expected = ["emorl", "strength", "temperature", "seed", "best_of", ...names.map((name) => `weight.${name}`)];
  if (facts.has("statement")) expected.push("statement");
  if (facts.get("emorl") !== VERSION || String([...facts.keys()].sort()) !== String(expected.sort())) return null;
  const number = (name) => (NUMBER.test(facts.get(name)) ? Number(facts.get(name)) : Number.NaN);
  const weights = Object.fromEntries(names.map((name) => [name, number(`weight.${name}`)]));
  const rest = Object.fromEntries(["strength", "temperature", "seed", "best_of"].map((name) => [name, number(name)]));
  const statement = facts.get("statement");
  const fits =
    Object.values(weights).every((weight) => weight <= 1) &&
    Object.entries(MOST).every(([name, most]) => rest[name] <= most) &&
    Number.isInteger(rest.seed) &&
    choices.includes(rest.best_of) &&
    statement?.trim() !== "";
  return fits ? { mix: { weights, ...rest }, statement } : null;
}
