// One slider with its label and value, and the strip under it for the values that keep the text.
import { fill, h } from "../widgets/dom.js";

// `act` hears the value when the slider is moved by hand; `set` puts it elsewhere and tells nobody.
export function slider({ id, label, help, high, step, value, act }) {
  const output = h("output", { for: id }, "");
  const described = help ? `${id}-help` : null;
  const input = h("input", { type: "range", id, min: 0, max: high, step, value, "aria-describedby": described });
  const show = (number) => {
    output.textContent = Number(number).toFixed(2);
  };
  input.addEventListener("input", () => {
    show(input.value);
    act(Number(input.value));
  });
  show(value);
  const node = h(
    "div",
    { class: "slider" },
    h("div", { class: "slider-head" }, h("label", { for: id }, label), output),
    help ? h("p", { class: "fine", id: described }, help) : null,
    input,
  );
  // Returns what the slider can show of the value: it stands on the nearest step.
  const set = (to) => {
    input.value = to;
    show(to);
    return Number(input.value);
  };
  return { node, input, output, set };
}

// Adds the strip for the values that keep the text, with the same in words. Returns a function that shows a range.
export function keepBand({ input }, T) {
  const strip = h("span", { class: "band-range", hidden: true });
  const words = h("p", { class: "fine band-words", id: `${input.id}-band` });
  const band = h("div", { class: "band unknown", "aria-hidden": "true" }, strip);
  input.after(band, words);
  input.setAttribute("aria-describedby", `${input.id}-help ${input.id}-band`);
  return (range) => {
    strip.hidden = !range;
    band.classList.toggle("unknown", !range);
    words.textContent = range ? inWords(range, T) : "";
    if (!range) return;
    strip.style.setProperty("--lo", range[0]);
    strip.style.setProperty("--hi", range[1]);
  };
}

function inWords([low, high], T) {
  if (low <= 0.005 && high >= 0.995) return T.band_whole;
  return fill(T.band, { lo: low.toFixed(2), hi: high.toFixed(2) });
}
