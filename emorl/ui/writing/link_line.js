// What became of a link, until something is generated. Told beside the statement.
import { COMMAND, hear, STATE } from "../events.js";
import { h } from "../widgets/dom.js";

export function linkLine() {
  const node = h("p", { class: "link-line", role: "status" });
  hear(COMMAND.linked, ({ good, line }) => {
    node.textContent = line;
    node.classList.toggle("bad", !good);
  });
  hear(STATE.run, () => {
    node.textContent = "";
  });
  return node;
}
