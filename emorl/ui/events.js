// Every event that widgets send each other: its name, who sends it, who listens to it, and the bus that carries it.
//
// A state is remembered: whoever begins to listen is told the last one at once, because widgets on a tab that is opened
// later begin late. A command is heard by those who listen at that moment. Where a page has two widgets of a kind, such
// as the two mixers of Compare, `scope` says which of them is meant.

export const STATE = Object.freeze({
  statement: "statement", // string: what is in a statement box
  // {weights, strength, temperature, seed, best_of, objectives, recommended}: where the sliders stand; told before `mix`.
  // `recommended` are the raw weights of the preset that is called so; null where there is none.
  weights: "weights",
  mix: "mix", // string: the same as shares, to compare two settings
  bands: "bands", // {objective: [low, high]}: slider values that keep the text; the result tells the mixer
  atlas: "atlas", // the atlas of the reflection that is shown, or null
  shown: "shown", // id of the finished reflection, whose atlas answers the sliders; "" while there is none
  // [{id, weights, text, statement}]: what a screen shows, which can be rated, edited, explained and sent. Weights are
  // null where the text is the finished reflection itself; otherwise they have turned it into this text.
  texts: "texts",
  count: "count", // number: settings that Compare compares
  run: "run", // number of the last press of Generate on Reflect
  sent: "sent", // true once something was sent to the blind rating queue
});

export const COMMAND = Object.freeze({
  setStatement: "set-statement", // string: put this into the statement box
  setWeights: "set-weights", // {objective: weight}: move the sliders
  setMix: "set-mix", // {weights, strength, temperature, seed, best_of}: the whole setting
  finished: "finished", // {result, statement, mix}: a reflection is complete
  edited: "edited", // {id, weights, original, text}: the counsellor's own version of a text was kept
  rated: "rated", // a rating was saved: what is laid over the map is out of date
  linked: "linked", // {good, line}: a link was opened; what became of it, in a line
  slice: "slice", // [objective, objective, objective]: the atlas of these alone is wanted
  welcome: "welcome", // open the welcome notice
});

const STATES = new Set(Object.values(STATE));
const bus = new EventTarget();
const remembered = new Map();

export function tell(name, detail = null, scope = "") {
  const key = scope + name;
  if (STATES.has(name)) remembered.set(key, detail);
  bus.dispatchEvent(new CustomEvent(key, { detail }));
}

export function hear(name, action, scope = "") {
  const key = scope + name;
  bus.addEventListener(key, (event) => action(event.detail));
  if (remembered.has(key)) action(remembered.get(key));
}

// The last state that was told, or undefined.
export function last(name, scope = "") {
  return remembered.get(scope + name);
}

// All states as they are now.
export function states() {
  return Object.fromEntries(remembered);
}
