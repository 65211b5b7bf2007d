// Whether a text stays with what was said, as an automatic scorer estimates it: in words, and as a number.
import { h } from "../widgets/dom.js";
import { meter } from "./meter.js";

const SIGNS = { probably: "✓", unsure: "?", probably_not: "!" };

// `found` is {score, reading}. It says what to do about it as well.
export function faithfulLine({ reading }, T) {
  const more = `. ${T.faithful_advice[reading]}`.trimEnd();
  return h("p", { class: "faithful", "data-reading": reading }, faithfulNote({ reading }, T, more));
}

// The reading, and `more` behind it.
export function faithfulNote({ reading }, T, more = "") {
  return [
    h("span", { class: "sign faithful-sign", "aria-hidden": "true" }, SIGNS[reading]),
    h("span", {}, `${T.faithful}: `, h("strong", {}, T.faithful_words[reading]), more),
  ];
}

// The same for a screen reader.
export function faithfulWords({ reading }, T) {
  return `${T.faithful}: ${T.faithful_words[reading]}. ${T.faithful_advice[reading]}`.trim();
}

export const faithfulMeter = ({ score }, T) => meter({ label: T.faithful, score, base: null }, "o0", T);
