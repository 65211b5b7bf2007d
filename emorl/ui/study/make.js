// The form of a new study.
import { h, isOff, setOff } from "../widgets/dom.js";
import { checkGroup } from "../widgets/form.js";
import { section } from "../widgets/section.js";
import { faultList, importBox } from "./import.js";
import { methodList, numberField, numberOf } from "./methods.js";

export function newStudy(screen, { models }) {
  const { T, settings } = screen;
  const name = h("input", { type: "text", maxlength: settings.max_name, autocomplete: "off" });
  const design = checkGroup({
    id: "study-design",
    legend: T.design,
    help: T.design_help,
    options: T.designs,
    type: "radio",
  });
  design.querySelector("input").checked = true;
  const lines = importBox(T, "study-import", settings.max_bytes);
  const training = importBox(T, "study-training", settings.max_training, "training");
  const methods = methodList(T, models, settings);
  const perItem = numberField(T.ratings_per_item, { min: 1, max: settings.max_quota, value: 3 });
  const perRater = numberField(T.items_per_rater, { min: 1, max: settings.max_quota, value: 20 });
  const seed = numberField(T.seed, {});
  const guidelines = h("textarea", {
    id: "study-guidelines",
    rows: 4,
    maxlength: settings.max_guidelines,
    "aria-describedby": "study-guidelines-help",
  });
  const wrong = faultList(T);
  const said = h("p", { class: "fine", role: "status" });
  const button = h("button", { type: "submit", class: "primary" }, T.make);
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.new_heading },
    h("div", { class: "inputs" }, h("label", { class: "field" }, T.name, name)),
    lines.node,
    methods.node,
    design,
    h("div", { class: "inputs" }, perItem.node, perRater.node, seed.node),
    h("label", { class: "field-label", for: "study-guidelines" }, T.guidelines),
    h("p", { class: "fine", id: "study-guidelines-help" }, T.guidelines_help),
    guidelines,
    training.node,
    ...wrong.nodes,
    said,
    h("div", { class: "form-end" }, button),
  );

  async function make() {
    const long = lines.check() || training.check();
    wrong.show({ error: long });
    if (long || isOff(button)) return;
    setOff(button, true);
    said.textContent = T.making;
    const found = await screen.ask("make_study", {
      name: name.value.trim(),
      text: lines.text(),
      methods: methods.values(),
      design: design.querySelector("input:checked").value,
      ratings_per_item: numberOf(perItem.input),
      items_per_rater: numberOf(perRater.input),
      seed: numberOf(seed.input),
      guidelines: guidelines.value,
      training: training.text(),
    });
    setOff(button, false);
    said.textContent = "";
    wrong.show(found);
    if (!found.error) screen.draw(found, true);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    make();
  });
  return section(T.new_heading, T.new_hint, form);
}
