// The automatic checks of a reply: what in it to look at twice.
import { h } from "../widgets/dom.js";

// `chips` are {kind, words}; `labels` has the text of each kind.
export function checkItems(chips, labels) {
  return chips.map(({ kind, words }) => h("li", {}, h("strong", {}, labels[kind] || kind), words ? ` “${words}”` : ""));
}
