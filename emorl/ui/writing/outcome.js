// What a result widget shows after its run ended without an answer. Gradio calls these with the widget's value.
//
// A run that Stop cancelled counts as failed too, later, and perhaps when the next one has begun already: what Stop has
// said stays, and such failures that are still to come are counted by widget.

const expected = new Map();

export const isRunning = (value) => value?.phase === "writing" || value?.phase === "waiting";

export function expectFailure(widget) {
  expected.set(widget, 1);
}

export function expectNone(widget) {
  expected.set(widget, 0);
}

// The value after a failure; `line` is shown unless the failure was Stop's doing.
export function afterFailure(widget, line, value) {
  const due = expected.get(widget) || 0;
  if (due > 0) {
    expected.set(widget, due - 1);
    return value;
  }
  return value?.phase === "stopped" ? value : { phase: "error", message: line };
}

export function afterStop(value) {
  return isRunning(value) ? { ...value, phase: "stopped" } : value;
}
