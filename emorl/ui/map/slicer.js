// More than three objectives: which three the picture is of.
import { h } from "../widgets/dom.js";

// `choose` hears the names of three.
export function slicer(T, choose) {
  const hint = h("p", { class: "fine" });
  const node = h("fieldset", { class: "slicer", hidden: true }, h("legend", {}, T.slice), hint);

  function fillIn(objectives) {
    const boxes = objectives.map(({ name }) => h("input", { type: "checkbox", id: `slice-${name}`, value: name }));
    const three = () => boxes.filter((box) => box.checked).map((box) => box.value);
    const onclick = () => choose(three());
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
    if (!many || !atlas) return;
    if (!node.querySelector("input")) fillIn(objectives);
    hint.textContent = atlas.objectives.length > 3 ? T.slice_cut : T.slice_hint;
  }

  return { node, show };
}
