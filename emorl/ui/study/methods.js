// The methods that the models write: rows of weights and how to write with them, each begun from a preset.
import { fill, h } from "../widgets/dom.js";

const OWN = "own";

export function methodList(T, models, { max_methods: most, max_best_of: mostOf }) {
  const rows = h("div", { class: "methods" });
  const add = h("button", { type: "button", class: "quiet", onclick: () => append() }, T.method_add);
  const made = []; // {node, value} in the order of the page

  // Begun from the first preset that no row has, as two equal methods cannot be told apart.
  function append() {
    const taken = made.map((one) => one.preset());
    const free = Object.keys(models.presets).find((name) => !taken.includes(name));
    const row = methodRow(T, models, mostOf, free, () => {
      made.splice(made.indexOf(row), 1);
      row.node.remove();
      number();
      add.focus();
    });
    made.push(row);
    rows.append(row.node);
    number();
    row.node.querySelector("select").focus();
  }

  function number() {
    made.forEach((row, k) => {
      row.node.querySelector("legend").textContent = fill(T.method_label, { n: k + 1 });
    });
    add.disabled = made.length >= most;
  }

  const ready = models.state === "ready";
  const unready = models.state === "failed" ? fill(T.failed, models) : T.methods_loading;
  const node = h(
    "fieldset",
    { class: "method-list" },
    h("legend", {}, T.methods_legend),
    h("p", { class: "fine" }, ready ? T.methods_hint : unready),
    rows,
    ready ? add : null,
  );
  return { node, values: () => made.map((row) => row.value()) };
}

function presetName(name, objectives, T) {
  const only = objectives.find((objective) => objective.name === name);
  return T[`preset_${name}`] || (only ? fill(T.preset_only, { name: only.label }) : name);
}

function methodRow(T, { objectives, presets }, mostOf, begun, remove) {
  const names = Object.keys(presets);
  const options = names.map((name) => h("option", { value: name }, presetName(name, objectives, T)));
  const preset = h("select", { "aria-label": T.method_preset }, options, h("option", { value: OWN }, T.method_own));
  const weights = objectives.map(({ name, label }) => ({ name, ...numberField(label, { max: 1, step: 0.05 }) }));
  const strength = numberField(T.method_strength, { max: 2, step: 0.1, value: 1 });
  const temperature = numberField(T.method_temperature, { max: 2, step: 0.1, value: 0 });
  const bestOf = numberField(T.method_best_of, { min: 1, max: mostOf, step: 1, value: 1 });
  const take = () => {
    const given = presets[preset.value];
    for (const { name, input } of given ? weights : []) input.value = given[name] || 0;
  };
  preset.addEventListener("change", take);
  for (const { input } of weights) {
    input.addEventListener("input", () => {
      preset.value = OWN;
    });
  }
  if (begun) preset.value = begun;
  take();
  const node = h(
    "fieldset",
    { class: "method" },
    h("legend", {}),
    preset,
    weights.map((one) => one.node),
    strength.node,
    temperature.node,
    bestOf.node,
    h("button", { type: "button", class: "quiet", onclick: remove }, T.method_remove),
  );
  const value = () => ({
    weights: Object.fromEntries(weights.map(({ name, input }) => [name, numberOf(input)])),
    strength: numberOf(strength.input),
    temperature: numberOf(temperature.input),
    best_of: numberOf(bestOf.input),
  });
  return { node, value, preset: () => preset.value };
}

export function numberField(label, attributes) {
  const input = h("input", { type: "number", min: 0, ...attributes });
  return { input, node: h("label", { class: "field" }, label, input) };
}

// What is in a number field; null where it is empty or no number.
export const numberOf = (input) => (input.value === "" ? null : Number(input.value));
