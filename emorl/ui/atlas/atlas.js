// Holds the atlases of this visit, in memory only, and tells the other widgets the one of the text that is shown.
import { COMMAND, hear, STATE, tell } from "../events.js";

const MAX_ATLASES = 20;

export function atlas({ props, trigger, watch }) {
  const kept = new Map();
  let shown = "";
  let asked = ""; // id of the reflection whose atlas was asked for last

  function announce() {
    tell(STATE.atlas, kept.get(shown) || null);
  }

  function keep(found) {
    if (!found?.id) return;
    const before = kept.get(found.id);
    if (before?.phase === "stopped" && found.phase === "growing") return;
    kept.delete(found.id);
    kept.set(found.id, found.regions ? found : { regions: [], objectives: [], ...before, ...found });
    if (kept.size > MAX_ATLASES) kept.delete(kept.keys().next().value);
    announce();
  }

  function stop(event) {
    const growing = kept.get(shown);
    if (!event.target.closest?.("#stop, #generate") || growing?.phase !== "growing") return;
    kept.set(shown, { ...growing, phase: "stopped" });
    announce();
  }

  hear(STATE.shown, (id) => {
    shown = id;
    announce();
  });
  hear(COMMAND.finished, ({ result }) => {
    if (!result.id || result.id === asked) return; // the last step comes twice
    asked = result.id;
    trigger("submit", { id: asked });
  });
  hear(COMMAND.slice, (objectives) => {
    if (shown) trigger("select", { id: shown, objectives });
  });
  document.addEventListener("click", stop, true);
  watch("value", () => keep(props.value));
}
