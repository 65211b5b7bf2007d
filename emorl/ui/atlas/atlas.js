// Holds the atlases of this visit, in memory only, and tells the other widgets the one of the text that is shown.
const kept = new Map();
let shown = "";

hear("shown", (id) => { shown = id; announce(); });
hear("hello", announce);
hear("slice", (objectives) => { if (shown) trigger("submit", { id: shown, objectives }); });
document.addEventListener("click", (event) => {
  const atlas = kept.get(shown);
  if (event.target.closest?.("#stop, #generate") && atlas?.phase === "growing") {
    kept.set(shown, { ...atlas, phase: "stopped" });
    announce();
  }
}, true);

function announce() {
  tell("atlas", kept.get(shown) || null);
}

function keep(atlas) {
  if (!atlas || !atlas.id || kept.get(atlas.id)?.phase === "stopped" && atlas.phase === "growing") return;
  const last = kept.get(atlas.id);
  kept.delete(atlas.id);
  kept.set(atlas.id, atlas.regions ? atlas : { regions: [], objectives: [], ...last, ...atlas });
  if (kept.size > 20) kept.delete(kept.keys().next().value);
  announce();
}

watch("value", () => keep(props.value));
