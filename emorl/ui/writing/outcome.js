// What a result widget shows after its run ended without an answer. Gradio calls these with the widget's value.
import { whole } from "../widgets/received.js";

export const isRunning = (value) => value?.phase === "writing" || value?.phase === "waiting";

// The value after a failure. A run that Stop cancelled counts as failed too, perhaps when its end was shown already:
// what is shown stays unless something is waited for.
export function afterFailure(line, value) {
  const shown = whole(value);
  return isRunning(shown) ? { phase: "error", message: line, run: shown.run } : value;
}

export function afterStop(value) {
  const shown = whole(value);
  return isRunning(shown) ? { ...shown, phase: "stopped" } : value;
}
