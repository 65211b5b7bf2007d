// A setting in words: its shares, and whatever else is not the default.
import { fill } from "../widgets/dom.js";
import { percent } from "../widgets/numbers.js";

// `labels` are those of the objectives, by name.
export function settingInWords({ weights, strength, temperature, seed }, labels, T) {
  const facts = Object.entries(weights).map(([name, share]) => `${labels[name] || name} ${percent(share)}`);
  if (strength !== 1) facts.push(fill(T.strength_is, { strength }));
  if (temperature > 0) facts.push(fill(T.sampled, { temperature, seed }));
  return facts.join(" · ");
}
