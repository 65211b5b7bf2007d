// What a result widget shows after its run ended without an answer. Gradio calls these with the widget's value.

export const isRunning = (value) => value?.phase === "writing" || value?.phase === "waiting";

// The value after a failure. A run that Stop cancelled counts as failed too, perhaps when its end was shown already:
// what is shown stays unless something is waited for.
export function afterFailure(line, value) {
  return isRunning(value) ? { phase: "error", message: line, run: value.run } : value;
}

export function afterStop(value) {
  return isRunning(value) ? { ...value, phase: "stopped" } : value;
}
