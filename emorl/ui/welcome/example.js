// A ready example in the notice: a slider that moves by itself once, and what the shipped models write at each place. All
// of it is known beforehand, so it needs no model. Left out: moving where somebody asked for less motion.
import { regionAt } from "../atlas/lookup.js";
import { h } from "../widgets/dom.js";
import { slider } from "../writing/sliders.js";

const WAIT_MS = 900; // so that the statement can be seen first
const MOVE_MS = 4000; // what moves longer than five seconds by itself needs a button that stops it (WCAG 2.2.2)

// `atlas` is {statement, objectives, regions} over two objectives: the slider gives the second one its share, the first
// one has the rest. Returns {node, start, stop}; `start` moves the slider the first time it is called.
export function movingExample(atlas, T) {
  const [first, second] = atlas.objectives;
  const text = h("p", { class: "example-text", id: "welcome-example-text", dir: "auto" });
  const longest = atlas.regions.map(({ reflection }) => reflection).sort((a, b) => b.length - a.length)[0];
  const made = slider({ id: "welcome-example", label: T.example_slider, help: "", high: 1, step: 0.01, value: 0, act });
  let frame = 0;
  let begun = false;

  function show(share) {
    const region = atlas.regions[regionAt(atlas, { [first]: 1 - share, [second]: share })];
    if (region && text.textContent !== region.reflection) text.textContent = region.reflection;
  }

  function act(share) {
    stop();
    text.setAttribute("aria-live", "polite"); // only what somebody moves themselves is read out
    show(share);
  }

  function stop() {
    cancelAnimationFrame(frame);
  }

  function start() {
    if (begun || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    begun = true;
    const from = performance.now() + WAIT_MS;
    const move = (now) => {
      const share = Math.min(1, Math.max(0, (now - from) / MOVE_MS));
      show(made.set(share));
      if (share < 1) frame = requestAnimationFrame(move);
    };
    frame = requestAnimationFrame(move);
  }

  made.input.setAttribute("aria-describedby", "welcome-example-help");
  for (const name of ["pointerdown", "keydown"]) made.input.addEventListener(name, stop);
  show(0);
  const node = h(
    "section",
    { class: "example", "aria-labelledby": "welcome-example-heading" },
    h("h3", { id: "welcome-example-heading" }, T.example_heading),
    h("p", { class: "example-said", dir: "auto" }, `${T.example_said} “${atlas.statement}”`),
    made.node,
    h("div", { class: "example-place" }, text, h("p", { class: "example-text", "aria-hidden": "true" }, longest)),
    h("p", { class: "fine", id: "welcome-example-help" }, T.example_help),
  );
  return { node, start, stop };
}
