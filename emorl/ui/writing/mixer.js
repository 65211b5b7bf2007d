// Weight sliders with live shares, presets, and strength, temperature, seed. Moving one asks nothing of the server.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { radioGroup } from "../widgets/form.js";
import { objectiveStyle, percent, sum } from "../widgets/numbers.js";
import { request } from "../widgets/server.js";
import { keepBand } from "./band.js";
import { keep, kept } from "./keep.js";
import { MOST } from "./link.js";
import { openLinks, shareButton } from "./share.js";
import { slider } from "./sliders.js";
import { undoButtons } from "./undo.js";

const RECOMMENDED = "balanced"; // the preset that is called so
const FEW = 3; // sliders; where there are more, each has a line where it can (`writing.css`)

export function mixer(widget) {
  const { element, props, server } = widget;
  const T = props.text;
  const head = h("div", { class: "card-head" }, h("h2", { class: "title" }, T.label));
  const loading = h(
    "div",
    { class: "loading", role: "status" },
    h("p", {}, h("span", { class: "dots", "aria-hidden": "true" }), T.loading),
    h("p", { class: "fine" }, T.loading_hint),
  );
  const card = h("div", { class: "card mixer", role: "group", "aria-label": T.label }, head, loading);
  element.append(card);

  async function poll() {
    let found;
    try {
      found = await request(server, "settings", "");
    } catch {
      found = { state: "loading" };
    }
    if (!element.isConnected) return;
    if (found.state === "ready") {
      loading.remove();
      build(widget, found, head);
    } else if (found.state === "failed") loading.replaceChildren(h("p", { class: "error" }, fill(T.failed, found)));
    else setTimeout(poll, 700);
  }
  poll();
}

// Puts the sliders into the card, whose head is there already.
function build({ props }, { objectives, presets }, head) {
  const T = props.text;
  const { scope, first, take, brief, tools } = props.settings;
  const weights = Object.fromEntries(objectives.map(({ name }) => [name, 0]));
  const shown = objectives.map(({ name, label }) => ({ name, label }));
  const recommended = presets[RECOMMENDED] || null;
  const rows = objectives.map((objective, k) => weightRow(objective, k, props, setOne));
  head.parentElement.classList.toggle("many", objectives.length > FEW);
  const rest = advanced(scope, publish, T);
  const count = props.settings.choices ? writeChoice(props.settings, publish, T) : null;
  const zero = h("p", { class: "fine zero", role: "status" });
  const buttons = Object.entries(presets).map(([name, given]) => presetButton(name, given, objectives, pick, T));

  function setOne(name, value) {
    weights[name] = value;
    publish();
  }

  // What the sliders can show of these weights.
  function pick(values) {
    for (const row of rows) weights[row.name] = row.slider.set(values[row.name]);
    publish();
  }

  // Exactly these weights; the sliders show the nearest they can.
  function setWeights(given) {
    for (const row of rows) {
      weights[row.name] = Math.max(0, Number(given[row.name]) || 0);
      row.slider.set(weights[row.name]);
    }
    publish();
  }

  function setMix(mix) {
    if (!mix) return;
    rest.set(mix);
    count?.set(mix.best_of);
    setWeights(mix.weights);
  }

  function publish() {
    const total = sum(Object.values(weights));
    const shares = rows.map(({ name }) => (total > 0 ? weights[name] / total : 0));
    rows.forEach((row, k) => {
      row.show(shares[k]);
    });
    zero.textContent = total > 0 ? "" : T.zero;
    for (const button of buttons) button.compare(weights);
    const others = { ...rest.values, ...count?.values };
    props.value = { weights: { ...weights }, ...others };
    if (!scope) keep("mix", props.value);
    tell(STATE.weights, { weights: { ...weights }, ...others, objectives: shown, recommended }, scope);
    tell(STATE.mix, JSON.stringify([shares.map((share) => share.toFixed(4)), others]), scope);
  }

  hear(COMMAND.setWeights, setWeights, scope);
  hear(COMMAND.setMix, setMix, scope);
  if (take !== undefined) {
    const takeOver = () => setMix(last(STATE.weights, take));
    head.append(h("button", { type: "button", class: "quiet", onclick: takeOver }, T.take));
  }
  if (tools) head.append(undoButtons(T), ...shareButton(T));
  if (!brief) head.append(helpButton(head.parentElement, T));
  head.parentElement.append(
    h(
      "div",
      { class: "chips", role: "group", "aria-label": T.presets },
      buttons.map(({ node }) => node),
    ),
    h(
      "div",
      { class: "mixbar", "aria-hidden": "true" },
      rows.map(({ part }) => part),
    ),
    zero,
    ...rows.map((row) => row.slider.node),
    brief ? "" : h("p", { class: "fine help-text" }, T.band_help),
    h("div", { class: "mixer-end" }, ...(count ? [count.node] : []), rest.node),
  );
  const start = buttons.find(({ name }) => name === first) || buttons[0];
  if (start) pick(start.values);
  else publish();
  if (!scope) setMix(kept("mix"));
  if (tools) openLinks(Object.keys(weights), props.settings.choices, T);
  hear(
    STATE.bands,
    (bands) =>
      rows.forEach((row) => {
        row.band(bands[row.name]);
      }),
    scope,
  );
}

// Shows and hides what the controls do. Screen readers are told of it with each control, shown or not.
function helpButton(card, T) {
  const named = { "aria-label": T.help, title: T.help };
  const node = h("button", { type: "button", class: "help", "aria-expanded": "false", ...named }, "?");
  node.addEventListener("click", () => {
    node.setAttribute("aria-expanded", String(card.classList.toggle("helped")));
  });
  return node;
}

// The slider of one objective, its share in words, and its part of the bar above.
function weightRow({ name, label, help }, k, props, setOne) {
  const T = props.text;
  const { scope, brief } = props.settings;
  const style = objectiveStyle(k);
  const act = (value) => setOne(name, value);
  const id = `${scope}weight-${name}`;
  const made = slider({ id, label, help: brief ? "" : help, high: 1, step: 0.01, value: 0, act });
  const [number, ofMix] = [h("span", {}), h("span", { class: "of-mix" })];
  const share = h("span", { class: "share" }, number, ofMix);
  const part = h("span", { class: `part ${style}` });
  made.node.classList.add(style);
  made.node.querySelector("p.fine")?.classList.add("help-text");
  made.node.querySelector("label").prepend(h("span", { class: `swatch ${style}`, "aria-hidden": "true" }));
  made.output.before(share);
  return {
    name,
    slider: made,
    part,
    band: brief ? () => {} : keepBand(made, T),
    show(value) {
      number.textContent = percent(value);
      ofMix.textContent = ` ${T.share}`;
      part.style.flexGrow = String(value);
    },
  };
}

// A preset as a button that is pressed while the sliders stand at it. Only its direction matters; sliders end at 1.
function presetButton(name, given, objectives, pick, T) {
  const most = Math.max(1, ...Object.values(given));
  const values = Object.fromEntries(objectives.map((o) => [o.name, Number(given[o.name] || 0) / most]));
  const only = objectives.find((o) => o.name === name);
  const label = only ? fill(T.preset_only, { name: only.label.toLowerCase() }) : T[`preset_${name}`] || name;
  const onclick = () => pick(values);
  const title = T[`preset_help_${name}`] || null;
  const node = h("button", { type: "button", class: "chip", "aria-pressed": "false", title, onclick }, label);
  const compare = (weights) => {
    const same = Object.keys(values).every((key) => Math.abs(weights[key] - values[key]) < 0.006);
    node.setAttribute("aria-pressed", String(same));
  };
  return { name, values, node, compare };
}

// How many are written: one, or several of which the best is shown.
function writeChoice({ scope, choices, best_of }, publish, T) {
  const values = { best_of };
  const label = (n) => (n === 1 ? T.write_one : fill(T.write_best, { n }));
  const options = Object.fromEntries(choices.map((n) => [n, label(n)]));
  const node = radioGroup({ id: `${scope}best-of`, legend: T.write, help: T.write_help, options });
  const inputs = [...node.querySelectorAll("input")];
  const set = (to) => {
    const found = inputs.find((input) => Number(input.value) === to);
    if (!found) return; // the page does not offer so many: the choice stays
    found.checked = true;
    values.best_of = to;
  };
  node.classList.add("write-choice");
  node.querySelector("p.fine").classList.add("help-text");
  node.addEventListener("change", (event) => {
    values.best_of = Number(event.target.value);
    publish();
  });
  set(best_of);
  return { values, node, set };
}

// Strength, temperature and seed, folded away.
function advanced(scope, publish, T) {
  const values = { strength: 1, temperature: 0, seed: 0 };
  const move = (name, high, value) => {
    const act = (to) => {
      values[name] = to;
      publish();
    };
    return slider({ id: scope + name, label: T[name], help: T[`${name}_help`], high, step: 0.05, value, act });
  };
  const strength = move("strength", MOST.strength, 1);
  const temperature = move("temperature", MOST.temperature, 0);
  const id = `${scope}seed`;
  const seed = h("input", {
    type: "number",
    id,
    min: 0,
    max: MOST.seed,
    step: 1,
    value: 0,
    "aria-describedby": `${id}-help`,
    oninput: () => {
      values.seed = Math.min(MOST.seed, Math.max(0, Math.trunc(Number(seed.value) || 0)));
      publish();
    },
  });
  const node = h(
    "details",
    { class: "advanced" },
    h("summary", {}, T.advanced),
    strength.node,
    temperature.node,
    h(
      "div",
      { class: "slider" },
      h("div", { class: "slider-head" }, h("label", { for: id }, T.seed)),
      seed,
      h("p", { class: "fine", id: `${id}-help` }, T.seed_help),
    ),
  );
  const set = (given) => {
    Object.assign(values, { strength: given.strength, temperature: given.temperature, seed: given.seed });
    strength.set(values.strength);
    temperature.set(values.temperature);
    seed.value = values.seed;
  };
  return { values, node, set };
}
