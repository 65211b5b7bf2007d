// More than three objectives: which three the atlas is of.
import { COMMAND, tell } from "../events.js";
import { h } from "../widgets/dom.js";

export function slicer(T) {
  const legend = [h("legend", {}, T.slice), h("p", { class: "fine" }, T.slice_hint)];
  const node = h("fieldset", { class: "slicer", hidden: true }, legend);

  function fillIn(objectives) {
    const boxes = objectives.map(({ name }) => h("input", { type: "checkbox", id: `slice-${name}`, value: name }));
    const three = () => boxes.filter((box) => box.checked).map((box) => box.value);
    const onclick = () => tell(COMMAND.slice, three());
    const go = h("button", { type: "button", class: "primary", disabled: true, onclick }, T.slice_go);
    for (const box of boxes) {
      box.addEventListener("change", () => {
        go.disabled = three().length !== 3;
      });
    }
    const labels = boxes.map((box, k) => h("label", { for: box.id }, box, objectives[k].label));
    node.append(h("div", { class: "slice-boxes" }, labels), go);
  }

  function show(objectives, atlas) {
    const many = objectives.length > 3;
    node.hidden = !many || !atlas;
    if (many && !node.querySelector("input")) fillIn(objectives);
  }

  return { node, show };
}
