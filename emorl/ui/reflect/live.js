// What the sliders mean for the shown text: its own setting, another text of its atlas, or an unknown one. No DOM here.
//
// `facts` are {statement, key, mixer, atlas, original, asked, finished}: what is in the box and on the sliders now, the
// finished result, and the statement and key at the press of Generate. A key is the sliders' setting to four digits. For
// the best of several, other weights would draw other candidates; the live text is then what is written one at a time.
import { bandOfShares, regionAt, sliderBand } from "../atlas/lookup.js";
import { counted, fill } from "../widgets/dom.js";
import { floorPercent, sum } from "../widgets/numbers.js";

const WHOLE = 0.9999; // share of all settings from which nothing is left to be found

const atlasOf = ({ atlas, original }) => (atlas && original && atlas.id === original.id ? atlas : null);

// {mark, note, text, region, own, base}: mark is "own", "live", "stale" or ""; without text what is shown stays.
export function liveText(facts, T) {
  const { statement, key, original, asked, finished } = facts;
  if (asked === null || !finished) return { mark: "" };
  if (statement !== asked.statement) return stale(T.stale_statement);
  if (!original) return key === asked.key ? { mark: "" } : stale(T.stale_weights);
  return key === asked.key ? unmoved(facts, T) : moved(facts, T);
}

// Whether every setting of the sliders has its text. The texts may still be being scored then.
const isWhole = ({ phase, coverage }) => phase === "done" || coverage >= WHOLE;

// What the atlas says of the sliders: whether it has any region yet, whether it grows, and which region it is.
function lookUp({ mixer, ...facts }) {
  const atlas = atlasOf(facts);
  const ready = Boolean(atlas?.regions?.length);
  return {
    atlas,
    ready,
    growing: atlas?.phase === "growing" && !isWhole(atlas),
    region: ready && mixer ? regionAt(atlas, mixer.weights) : -1,
  };
}

function unmoved(facts, T) {
  const { ready, growing, region } = lookUp(facts);
  const shown = { text: facts.original.text, region, own: true, here: true };
  if (!ready) return { ...shown, mark: "own", note: "" };
  if (facts.original.choice) return { ...shown, mark: "own", note: T.live_best };
  return { ...shown, mark: "live", note: growing ? T.live_growing : T.live };
}

function moved(facts, T) {
  const { mixer, original } = facts;
  const { strength } = original.details;
  const temperature = original.choice ? 0 : original.details.temperature; // its atlas is that of greedy replies
  if ((mixer.best_of || 1) !== (original.choice?.written || 1)) return stale(T.stale_count);
  if (temperature > 0 || mixer.temperature > 0 || mixer.strength !== strength) return stale(T.stale_settings);
  const { atlas, ready, growing, region } = lookUp(facts);
  if (!ready) return stale(T.stale_weights);
  if (sum(Object.values(mixer.weights)) === 0) {
    return { ...live(original.base, original, T.live_base, T), region: -1, base: true };
  }
  if (region < 0) return stale(growing ? T.stale_growing : T.stale_weights);
  const note = original.choice ? fill(T.live_one, { n: original.choice.written }) : T.live_here;
  return { ...live(atlas.regions[region].reflection, original, note, T), region };
}

const stale = (note) => ({ mark: "stale", note });

function live(text, original, note, T) {
  const own = text === original.text;
  return { mark: "live", note: own && !original.choice ? T.live : note, text, own };
}

// Bands of the sliders in which the whole text stays: from the atlas, or from the reasons at the text's own weights.
export function keptBands(facts, shown) {
  const { mixer, original } = facts;
  const found = {};
  if (!mixer || !shown.text || shown.base || (original.choice && shown.own)) return found;
  for (const name of Object.keys(mixer.weights)) {
    const row = original.overall.find((part) => part.name === name);
    if (shown.region >= 0) found[name] = sliderBand(atlasOf(facts), shown.region, mixer.weights, name);
    else if (shown.here && row?.unchanged) found[name] = bandOfShares(row.unchanged, mixer.weights, name);
  }
  return found;
}

// Scores of the text that is shown, as rows for `meter`; regions that were not scored have none.
export function liveScores(facts, shown) {
  const { original } = facts;
  if (shown.own) return original.scores;
  const scores = shown.base ? null : atlasOf(facts).regions[shown.region].scores;
  if (!shown.base && !scores) return [];
  return original.scores
    .map((row) => ({ ...row, score: shown.base ? row.base : scores[row.name] }))
    .filter((row) => row.score !== null && row.score !== undefined);
}

// What is known beside the scores of the text that is shown: {chips, faithfulness, would_say}.
export function liveChecks(facts, shown) {
  const { original } = facts;
  if (shown.own) return original;
  return shown.base ? original.base_checks : atlasOf(facts).regions[shown.region];
}

// How far the atlas has come, in words.
export function atlasLine(facts, T) {
  const atlas = atlasOf(facts);
  if (!atlas) return "";
  if (atlas.phase === "off") return T.atlas_off;
  if (atlas.phase === "failed") return fill(T.atlas_failed, atlas);
  const n = atlas.regions.length;
  const share = floorPercent(atlas.coverage);
  if (atlas.phase === "growing" && !isWhole(atlas)) return n ? fill(T.atlas_growing, { n, share }) : T.atlas_begun;
  if (atlas.phase === "stopped" && !isWhole(atlas)) return fill(T.atlas_stopped, { share });
  if (atlas.coverage <= 0.99) return counted(T, "atlas_part", n, { share });
  return counted(T, facts.original.choice ? "atlas_best" : "atlas_done", n);
}
