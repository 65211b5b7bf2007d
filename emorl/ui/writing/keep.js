// What this tab keeps over a reload, which a restart of the app brings about as well: what was typed, where the sliders
// stood, the rating that was begun and the reflections of the visit. It is kept only if the person agrees, in the tab's
// own storage, which ends with the tab; it is put there as the page is left and taken out as the next one begins.
const KEPT = "emorl-tab";
const LOST = "emorl-lost"; // "1": something was typed, and nobody had agreed that it is kept

const before = take(KEPT);
const lost = take(LOST) !== null;
const parts = { ...before };
let agreed = before !== null;

function take(name) {
  try {
    const found = JSON.parse(sessionStorage.getItem(name));
    sessionStorage.removeItem(name);
    return found;
  } catch {
    return null; // no storage, or nothing of ours
  }
}

function leave() {
  try {
    if (agreed) sessionStorage.setItem(KEPT, JSON.stringify(parts));
    else if (parts.statement || parts.visit?.length) sessionStorage.setItem(LOST, "1");
  } catch {
    // the browser forbids it, or has no room: nothing is kept
  }
}

addEventListener("pagehide", leave);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const name of [KEPT, LOST]) take(name); // the page itself came back
});

// What the page before this one kept, or undefined.
export const kept = (part) => before?.[part];

export const isAgreed = () => agreed;

// Whether something was lost with the page before this one.
export const wasLost = () => lost;

export function keep(part, value) {
  parts[part] = value;
}

export function agreeToKeep(yes) {
  agreed = yes;
}
