// One slider with its label and value.
import { h } from "../widgets/dom.js";

// `act` hears the value when the slider is moved by hand; `set` puts it elsewhere and tells nobody.
export function slider({ id, label, help, high, step, value, act }) {
  const output = h("output", { for: id }, "");
  const described = help ? `${id}-help` : null;
  const input = h("input", { type: "range", id, min: 0, max: high, step, value, "aria-describedby": described });
  const show = (number) => {
    output.textContent = Number(number).toFixed(2);
  };
  input.addEventListener("input", () => {
    show(input.value);
    act(Number(input.value));
  });
  show(value);
  const node = h(
    "div",
    { class: "slider" },
    h("div", { class: "slider-head" }, h("label", { for: id }, label), output),
    help ? h("p", { class: "fine", id: described }, help) : null,
    input,
  );
  // Returns what the slider can show of the value: it stands on the nearest step.
  const set = (to) => {
    input.value = to;
    show(to);
    return Number(input.value);
  };
  return { node, input, output, set };
}
