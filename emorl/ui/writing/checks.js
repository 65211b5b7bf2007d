// The automatic checks of a reply: what in it to look at twice.
import { h } from "../widgets/dom.js";

// `chips` are {kind, words}; `labels` has the text of each kind.
export function checkItems(chips, labels) {
  return chips.map((chip) => h("li", {}, words(chip, labels)));
}

// The same where a list is not allowed.
export function checkNotes(chips, labels) {
  return chips.map((chip) => h("span", { class: "check-note" }, words(chip, labels)));
}

const words = ({ kind, words: found }, labels) => [h("strong", {}, labels[kind] || kind), found ? ` “${found}”` : ""];
