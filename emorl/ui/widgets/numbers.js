// Numbers as they are shown.

const MINUS = "−";

export const percent = (share) => `${Math.round(100 * share)}%`;

// The stored name of a setting, which has a space before the sign.
export const settingName = (name) => name.replace(/(\d) %/g, "$1%");

// A share as a whole percentage, never rounded up to 100.
export const floorPercent = (share) => `${Math.floor(100 * Math.min(1, share) + 1e-4)}%`;

export const signed = (x) => (x <= -0.005 ? MINUS : "+") + Math.abs(x).toFixed(2);

export function signedPercent(share) {
  const whole = Math.round(100 * share);
  const sign = whole < 0 ? MINUS : "+";
  return `${whole ? sign : ""}${Math.abs(whole)}%`;
}

// What rounds to 0 has no sign.
export function fixed(x, digits = 2) {
  const text = Math.abs(x).toFixed(digits);
  return (x < 0 && Number(text) ? MINUS : "") + text;
}

export const sum = (numbers) => numbers.reduce((total, x) => total + x, 0);

// The class that gives the k-th objective its colour and pattern; there are six of each.
export const objectiveStyle = (k) => `o${(k % 6) + 1}`;
