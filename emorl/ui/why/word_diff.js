// Marks the words of a text that are not in another: those outside their longest common subsequence.
import { h } from "../widgets/dom.js";

export function markNew(text, other) {
  const a = text.split(/\s+/);
  const b = other.split(/\s+/);
  const best = commonLengths(a, b);
  const pieces = [];
  let j = 0;
  a.forEach((word, i) => {
    while (j < b.length && word !== b[j] && best[i][j + 1] >= best[i + 1][j]) j++;
    const kept = j < b.length && word === b[j];
    if (kept) j++;
    pieces.push(i ? " " : "", kept ? word : h("mark", {}, word));
  });
  return pieces;
}

// [i][j]: length of the longest common subsequence of a from i on and b from j on.
function commonLengths(a, b) {
  const best = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  return best;
}
