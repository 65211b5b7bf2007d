// Judges what the sliders mean for the text that is shown: its own, another of its map, or none that is known.
let atlas = null;
let mixer = null; // raw weights by name, strength, temperature, seed
let original = null; // the finished result
let asked = null; // inputs at the press of Generate: {statement, key}
let statement = "";
let key = ""; // statement-free inputs, to four digits

hear("atlas", (value) => { atlas = value; follow(); });
hear("statement", (value) => { statement = value; follow(); });
hear("weights", (value) => { mixer = value; });
hear("mix", (value) => {
  if (key === "" && asked !== null) asked.key = value; // asked for before the sliders were there
  key = value;
  follow();
});

const mine = () => (atlas && original && atlas.id === original.id && atlas.regions ? atlas : null);
const growing = () => mine()?.phase === "growing";

// {mark, note, text, region}: mark is "own", "live", "stale" or ""; text is missing where what is shown stays.
function judge() {
  if (asked === null || !finished) return { mark: "" };
  if (statement !== asked.statement) return { mark: "stale", note: T.stale_statement };
  if (!original) return key === asked.key ? { mark: "" } : { mark: "stale", note: T.stale_weights };
  const map = mine();
  const ready = map && map.regions.length > 0;
  const region = ready && mixer ? regionAt(map, mixer.weights) : -1;
  if (key === asked.key) {
    const note = ready ? (growing() ? T.live_growing : T.live) : "";
    return { mark: ready ? "live" : "own", note, text: original.text, region, own: true, here: true };
  }
  const { strength, temperature } = original.details;
  if (temperature > 0 || mixer.temperature > 0 || mixer.strength !== strength) {
    return { mark: "stale", note: T.stale_settings };
  }
  if (!ready) return { mark: "stale", note: T.stale_weights };
  const total = Object.values(mixer.weights).reduce((sum, w) => sum + w, 0);
  if (total === 0) {
    const own = original.base === original.text;
    return { mark: "live", note: own ? T.live : T.live_base, text: original.base, region: -1, own, base: true };
  }
  if (region < 0) return { mark: "stale", note: growing() ? T.stale_growing : T.stale_weights };
  const own = map.regions[region].reflection === original.text;
  return { mark: "live", note: own ? T.live : T.live_here, text: map.regions[region].reflection, region, own };
}

// Bands of the sliders in which the whole text stays: from the map, else at the text's own weights from its reasons.
function bandsOf(verdict) {
  const found = {};
  if (!mixer || !verdict.text || verdict.base) return found;
  for (const name in mixer.weights) {
    const row = original.overall.find((part) => part.name === name);
    if (verdict.region >= 0) found[name] = sliderBand(mine(), verdict.region, mixer.weights, name);
    else if (verdict.here && row?.unchanged) found[name] = bandOfShares(row.unchanged, mixer.weights, name);
  }
  return found;
}

function mapLine() {
  const map = original && atlas && atlas.id === original.id ? atlas : null;
  if (!map) return "";
  if (map.phase === "off") return T.map_off;
  if (map.phase === "failed") return fill(T.map_failed, map);
  const facts = { n: map.regions.length, share: floorPercent(map.coverage) };
  if (map.phase === "growing") return facts.n ? fill(T.map_growing, facts) : T.map_begun;
  if (map.phase === "stopped") return fill(T.map_stopped, facts);
  return fill(map.coverage > 0.99 ? T.map_done : T.map_part, facts);
}
