// How many settings are compared: two, and up to four when they are added. The value is read when the button is pressed.
import { STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";

const FEWEST = 2;

export function count({ element, props }) {
  const T = props.text;
  const { most, scope } = props.settings;
  const spoken = h("span", { class: "sr", role: "status" });
  const add = h("button", { type: "button", class: "chip", onclick: () => set(props.value + 1, true) }, T.add);
  const remove = h("button", { type: "button", class: "chip", onclick: () => set(props.value - 1, true) }, T.remove);
  element.append(h("div", { class: "chips", role: "group", "aria-label": T.heading }, add, remove, spoken));

  function set(n, said) {
    props.value = Math.min(most, Math.max(FEWEST, n));
    const settings = document.getElementById("compare-settings");
    for (let k = FEWEST; k <= most; k++) settings?.classList.toggle(`shows-${k}`, k === props.value);
    const lost = document.activeElement === (props.value === most ? add : remove);
    add.disabled = props.value === most;
    remove.disabled = props.value === FEWEST;
    if (said && lost) (add.disabled ? remove : add).focus();
    if (said) spoken.textContent = fill(T.shown, { n: props.value });
    tell(STATE.count, props.value, scope);
  }

  set(props.value || FEWEST, false);
}
