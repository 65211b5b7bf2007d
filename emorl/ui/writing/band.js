// The strip under a slider for the values that keep the text.
import { fill, h } from "../widgets/dom.js";

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
