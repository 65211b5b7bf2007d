// One part of a screen: a card with a heading and a line of explanation.
import { h } from "./dom.js";

export function section(heading, hint, ...parts) {
  return h(
    "section",
    { class: "card" },
    h("h2", { class: "title" }, heading),
    hint ? h("p", { class: "fine" }, hint) : null,
    parts,
  );
}
