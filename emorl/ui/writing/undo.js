// Takes back what was done to the sliders, one step for each gesture: a drag, a choice, or a run of keys on one control.
// What is taken back is a whole setting, and the live text follows it as it follows a slider.
import { COMMAND, hear, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { percent, sum } from "../widgets/numbers.js";

const MOST = 100; // steps
const PAUSE_MS = 1000; // keys on one control that follow each other faster than this are one gesture

// Undo and Redo as buttons; Ctrl+Z and Ctrl+Shift+Z press them wherever no text is being typed.
export function undoButtons(T) {
  const steps = history();
  const said = h("span", { class: "sr", role: "status" });
  const undo = button("↶", T.undo, "Control+Z", () => go("undo"));
  const redo = button("↷", T.redo, "Control+Shift+Z", () => go("redo"));
  const node = h("span", { class: "undo" }, undo, redo, said);
  let objectives = [];

  function go(way) {
    const mix = steps[way]();
    if (!mix) return;
    tell(COMMAND.setMix, mix);
    said.textContent = fill(way === "undo" ? T.undone : T.redone, { mix: inWords(mix.weights, objectives, T) });
  }

  function show() {
    undo.setAttribute("aria-disabled", String(!steps.canUndo())); // not `disabled`, which would lose the focus
    redo.setAttribute("aria-disabled", String(!steps.canRedo()));
  }

  hear(STATE.weights, ({ objectives: named, ...mix }) => {
    objectives = named;
    steps.record(mix);
    show();
  });
  watchGestures(steps.begin);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "z" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    if (isTyping(event.target) || !node.checkVisibility() || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    go(event.shiftKey ? "redo" : "undo");
  });
  return node;
}

// The settings before and after the present one. What is recorded joins the present one until the next gesture begins.
function history() {
  const past = [];
  const future = [];
  let present = null;
  let begun = false;
  const isSame = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  function record(mix) {
    if (isSame(mix, present)) return; // also what was just taken back
    if (begun && present) {
      past.push(present);
      if (past.length > MOST) past.shift();
    }
    future.length = 0;
    begun = false;
    present = mix;
    if (isSame(past.at(-1), present)) past.pop(); // dragged there and back again: nothing to take back
  }

  function move(from, to) {
    if (!from.length) return null;
    to.push(present);
    begun = false;
    present = from.pop();
    return present;
  }

  return {
    record,
    begin: () => {
      begun = true;
    },
    undo: () => move(past, future),
    redo: () => move(future, past),
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
  };
}

// Calls `begin` as a gesture begins, before anything on the page hears of it. A link that is opened is one as well.
function watchGestures(begin) {
  let control = null;
  let at = 0;
  const keyed = ({ target, timeStamp, ctrlKey, metaKey }) => {
    const goesOn = target === control && timeStamp - at < PAUSE_MS;
    const moves = !ctrlKey && !metaKey && target.matches?.("input[type=range], input[type=number]");
    control = moves ? target : null;
    at = timeStamp;
    if (!goesOn) begin();
  };
  const pointed = () => {
    control = null;
    begin();
  };
  addEventListener("keydown", keyed, true);
  for (const name of ["pointerdown", "click", "hashchange"]) addEventListener(name, pointed, true);
}

// Where Ctrl+Z is the browser's own.
function isTyping(target) {
  const { type } = target;
  return target.matches?.("textarea, [contenteditable]") || (target.matches?.("input") && !UNTYPED.has(type));
}

const UNTYPED = new Set(["range", "checkbox", "radio", "button", "submit", "reset"]);

function inWords(weights, objectives, T) {
  const total = sum(Object.values(weights));
  if (total === 0) return T.preset_base;
  return objectives.map(({ name, label }) => `${label} ${percent(weights[name] / total)}`).join(", ");
}

function button(sign, label, keys, onclick) {
  const title = `${label} (${keys.replace("Control", "Ctrl").replaceAll("+", " + ")})`;
  const known = { type: "button", class: "round", "aria-label": label, "aria-disabled": "true", title, onclick };
  return h("button", { ...known, "aria-keyshortcuts": keys }, sign);
}
