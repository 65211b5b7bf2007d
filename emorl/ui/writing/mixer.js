// Weight sliders with live shares, presets, and strength, temperature, seed. Moving one asks nothing of the server.
const card = h("div", { class: "card mixer", role: "group", "aria-label": T.label });
element.append(card);
const loading = h("div", { class: "loading", role: "status" },
  h("p", {}, h("span", { class: "dots", "aria-hidden": "true" }), T.loading),
  h("p", { class: "fine" }, T.loading_hint));
const head = h("div", { class: "card-head" }, h("h2", { class: "title" }, T.label));
card.append(head, loading);

const { first, brief, take } = props.settings; // preset to start with; without help texts; scope to take a setting from
const weights = {};
const rest = { strength: 1, temperature: 0, seed: 0 };
let refresh = () => {};
let objectives = [];

function announce() {
  if (objectives.length) tell(scoped("weights"), { weights: { ...weights }, ...rest, objectives });
}

function publish() {
  const total = Object.values(weights).reduce((sum, w) => sum + w, 0);
  const shares = {};
  for (const name in weights) shares[name] = total > 0 ? weights[name] / total : 0;
  refresh(shares, total);
  props.value = { weights: { ...weights }, ...rest };
  announce(); // before "mix", whose listeners need the raw weights
  tell(scoped("mix"), JSON.stringify([Object.values(shares).map((s) => s.toFixed(4)), rest]));
}

function range(name, label, help, low, high, step, value, act) {
  const id = scoped(name);
  const output = h("output", { for: id }, "");
  const input = h("input", { type: "range", id, min: low, max: high, step, value, "aria-describedby": help ? id + "-help" : null });
  const show = () => { output.textContent = Number(input.value).toFixed(2); };
  input.addEventListener("input", () => { show(); act(Number(input.value)); });
  show();
  const node = h("div", { class: "slider" },
    h("div", { class: "slider-head" }, h("label", { for: id }, label), output),
    help ? h("p", { class: "fine", id: id + "-help" }, help) : null,
    input);
  const set = (to) => { input.value = to; output.textContent = Number(to).toFixed(2); };
  return { node, input, show, set };
}

// A strip under the track for the values that keep the text, with the same in words.
function bandOf(slider, id) {
  const strip = h("span", { class: "band-range", hidden: true });
  const words = h("p", { class: "fine band-words", id: id + "-band" });
  const band = h("div", { class: "band unknown", "aria-hidden": "true" }, strip);
  slider.input.after(band, words);
  slider.input.setAttribute("aria-describedby", id + "-help " + id + "-band");
  return (range) => {
    strip.hidden = !range;
    band.classList.toggle("unknown", !range);
    words.textContent = !range ? "" : range[0] <= 0.005 && range[1] >= 0.995 ? T.band_whole
      : fill(T.band, { lo: range[0].toFixed(2), hi: range[1].toFixed(2) });
    if (!range) return;
    strip.style.setProperty("--lo", range[0]);
    strip.style.setProperty("--hi", range[1]);
  };
}

function build(found) {
  objectives = found.objectives.map(({ name, label }) => ({ name, label }));
  const bands = {};
  const sliders = {};
  const shareLabels = {};
  const parts = {};
  const rows = found.objectives.map((objective, index) => {
    const style = "o" + (index % 6 + 1);
    weights[objective.name] = 0;
    const slider = range("weight-" + objective.name, objective.label, brief ? "" : objective.help, 0, 1, 0.01, 0, (value) => {
      weights[objective.name] = value;
      publish();
    });
    slider.node.classList.add(style);
    shareLabels[objective.name] = h("span", { class: "share" });
    slider.node.querySelector("label").prepend(h("span", { class: "swatch " + style, "aria-hidden": "true" }));
    slider.node.querySelector("output").before(shareLabels[objective.name]);
    if (!brief) bands[objective.name] = bandOf(slider, scoped("weight-" + objective.name));
    sliders[objective.name] = slider;
    parts[objective.name] = h("span", { class: "part " + style });
    return slider.node;
  });
  const zero = h("p", { class: "fine zero", role: "status" });
  const presets = Object.entries(found.presets).map(([name, given]) => {
    const most = Math.max(1, ...Object.values(given)); // only the direction matters, and sliders end at 1
    const values = {};
    for (const key in weights) values[key] = Number(given[key] || 0) / most;
    const only = found.objectives.find((o) => o.name === name);
    const label = only ? fill(T.preset_only, { name: only.label.toLowerCase() })
      : T["preset_" + name] || name;
    const button = h("button", { type: "button", class: "chip", "aria-pressed": "false" }, label);
    button.addEventListener("click", () => {
      for (const key in weights) {
        sliders[key].input.value = values[key];
        weights[key] = Number(sliders[key].input.value);
        sliders[key].show();
      }
      publish();
    });
    return { name, button, values };
  });
  refresh = (shares, total) => {
    for (const name in weights) {
      shareLabels[name].textContent = fill(T.share, { share: percent(shares[name]) });
      parts[name].style.flexGrow = String(shares[name]);
    }
    zero.textContent = total > 0 ? "" : T.zero;
    for (const { button, values } of presets) {
      const same = Object.keys(weights).every((k) => Math.abs(weights[k] - values[k]) < 0.006);
      button.setAttribute("aria-pressed", String(same));
    }
  };
  const strength = range("strength", T.strength, T.strength_help, 0, 2, 0.05, 1, (v) => { rest.strength = v; publish(); });
  const temperature = range("temperature", T.temperature, T.temperature_help, 0, 1.5, 0.05, 0,
    (v) => { rest.temperature = v; publish(); });
  const seed = h("input", { type: "number", id: scoped("seed"), min: 0, max: 2147483647, step: 1, value: 0, "aria-describedby": scoped("seed-help") });
  seed.addEventListener("input", () => {
    rest.seed = Math.min(2147483647, Math.max(0, Math.trunc(Number(seed.value) || 0)));
    publish();
  });
  hear(scoped("bands"), (found) => { for (const name in bands) bands[name](found[name]); });
  hear("hello", announce);
  const setWeights = (given) => { // exact values; the slider shows the nearest it can
    for (const name in weights) {
      weights[name] = Math.max(0, Number(given[name]) || 0);
      sliders[name].set(weights[name]);
    }
    publish();
  };
  const setRest = (given) => {
    Object.assign(rest, { strength: given.strength, temperature: given.temperature, seed: given.seed });
    strength.set(rest.strength);
    temperature.set(rest.temperature);
    seed.value = rest.seed;
  };
  const put = (setting) => {
    if (!setting) return;
    setRest(setting);
    setWeights(setting.weights);
  };
  hear(scoped("set-weights"), setWeights);
  hear(scoped("set-rest"), setRest);
  hear(scoped("set-mix"), put);
  loading.remove();
  if (take !== undefined) {
    head.append(h("button", { type: "button", class: "quiet", onclick: () => put(told[take + "weights"]) }, T.take));
  }
  card.append(
    h("div", { class: "chips", role: "group", "aria-label": T.presets }, presets.map((p) => p.button)),
    h("div", { class: "mixbar", "aria-hidden": "true" }, Object.values(parts)),
    zero,
    ...rows,
    h("details", { class: "advanced" },
      h("summary", {}, T.advanced),
      strength.node, temperature.node,
      h("div", { class: "slider" },
        h("div", { class: "slider-head" }, h("label", { for: scoped("seed") }, T.seed)), seed,
        h("p", { class: "fine", id: scoped("seed-help") }, T.seed_help))));
  const start = presets.find((p) => p.name === first) || presets[0];
  if (start) start.button.click();
  else publish();
}

async function poll() {
  let found;
  try {
    found = await request("settings", "");
  } catch (error) {
    found = { state: "loading" };
  }
  if (!element.isConnected) return;
  if (found.state === "ready") build(found);
  else if (found.state === "failed") loading.replaceChildren(h("p", { class: "error" }, fill(T.failed, found)));
  else setTimeout(poll, 700);
}
poll();
