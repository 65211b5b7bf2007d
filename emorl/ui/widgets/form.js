// Questions of a form: real radio groups and boxes to tick, which the keyboard and screen readers know.
import { h } from "./dom.js";

// `options` are labels by value, `anchors` say by value what some of them mean; `unsure`, a value and a label, is one more
// option that stands apart. `keys` shows the number that picks each.
export function radioGroup({ id, legend, help, options, anchors = {}, unsure = null, keys = false }) {
  const key = (k) => (keys ? h("span", { class: "key", "aria-hidden": "true" }, String(k)) : null);
  const radio = (value) => h("input", { type: "radio", name: id, value });
  const anchor = (value) => (anchors[value] ? h("small", {}, anchors[value]) : null);
  const option = ([value, label], k) =>
    h("label", { class: "option" }, radio(value), h("span", {}, label, key(k + 1), anchor(value)));
  const apart = unsure
    ? h("label", { class: "check unsure" }, radio(unsure[0]), h("span", {}, unsure[1], key(0)))
    : null;
  return group({ id, legend, help }, [h("div", { class: "options" }, Object.entries(options).map(option)), apart]);
}

export function checkGroup({ id, legend, help, options, style = null, type = "checkbox" }) {
  const option = ([value, label]) => h("label", { class: "check" }, h("input", { type, name: id, value }), label);
  return group({ id, legend, help, style }, h("div", { class: "checks" }, Object.entries(options).map(option)));
}

function group({ id, legend, help, style = null }, options) {
  return h(
    "fieldset",
    { id, class: style, "aria-describedby": help ? `${id}-help` : null },
    h("legend", {}, legend),
    help ? h("p", { class: "fine", id: `${id}-help` }, help) : null,
    options,
  );
}
