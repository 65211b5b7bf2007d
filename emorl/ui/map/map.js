// The Map screen: picture and list of the regions, what the chosen one says, ratings laid over it.
const COLOURS = (index) => "--c" + (index % 6 + 1);
const notice = h("p", { class: "fine", role: "status" });
const guide = h("p", { class: "fine map-guide", hidden: true });
const count = h("p", { class: "map-count", id: "map-count" });
const reading = h("p", { class: "reflection-text map-text", id: "map-text" });
const facts = h("p", { class: "fine" });
const mix = h("p", { class: "fine map-mix" });
const drawing = h("div", { class: "map-drawing" });
const names = h("ul", { class: "map-corners", "aria-hidden": "true" });
const list = h("ol", { class: "map-list", "aria-label": T.list });
const slicer = h("fieldset", { class: "slicer", hidden: true }, h("legend", {}, T.slice), h("p", { class: "fine" }, T.slice_hint));
const overlay = h("input", { type: "checkbox", id: "map-overlay" });
const ratings = h("div", { role: "status" });
const body = h("div", { class: "map-grid", hidden: true },
  h("div", {}, drawing, names,
    h("div", { class: "consent" }, overlay, h("label", { for: "map-overlay" }, T.overlay)), ratings),
  h("div", {}, count, reading, mix, facts, list));
element.append(h("section", { class: "card map", "aria-labelledby": "map-heading" },
  h("h2", { class: "title", id: "map-heading" }, T.heading), guide, notice, slicer, body));

let atlas = null;
let mixer = null;
let drawn = null; // the picture
let chosen = -1;
let points = [];

hear("weights", (value) => {
  const first = !mixer;
  mixer = value;
  if (first) draw(); // labels and colours are known from now on
  else mark();
});
hear("atlas", (value) => { atlas = value; draw(); });

const label = (name) => mixer?.objectives.find((o) => o.name === name)?.label || name;
const share = (area) => (area < 0.01 ? T.less : percent(area));

function draw() {
  const phase = atlas ? atlas.phase : "none";
  const regions = atlas?.regions || [];
  slices();
  body.hidden = !regions.length;
  const partial = phase === "growing" ? T.growing : atlas && atlas.coverage <= 0.99 && regions.length ? T.part : "";
  notice.textContent = phase === "none" ? T.none : phase === "failed" ? fill(T.failed, atlas)
    : regions.length || phase === "growing" ? fill(partial, { share: floorPercent(atlas.coverage || 0) }) : T.off;
  guide.hidden = !regions.length;
  if (!regions.length) return;
  guide.textContent = (atlas.objectives.length === 3 ? T.guide + " " : "") + T.hint;
  const spoken = fill(T.picture, { names: atlas.objectives.map(label).join(", "), n: regions.length });
  const all = mixer ? mixer.objectives.map((o) => o.name) : atlas.objectives;
  const style = (name) => Math.max(0, all.indexOf(name));
  const corner = (name) => [h("span", { class: "swatch o" + (style(name) % 6 + 1) }), label(name)];
  drawing.replaceChildren();
  drawn = null;
  if (atlas.objectives.length > 1) {
    drawn = picture(atlas, atlas.objectives.map((name) => COLOURS(style(name))), spoken, choose);
    if (atlas.objectives.length === 3) drawing.append(h("p", { class: "map-top", "aria-hidden": "true" }, ...corner(atlas.objectives[0])));
    drawing.append(drawn.node);
  }
  names.replaceChildren(...atlas.objectives.slice(-2).map((name) => h("li", {}, ...corner(name))));
  const focused = document.activeElement?.closest?.(".map-list button")?.dataset.text;
  chosen = -1;
  list.replaceChildren(...regions.map(row));
  if (focused) [...list.querySelectorAll("button")].find((b) => b.dataset.text === focused)?.focus();
  lay();
  mark();
}

function row(region, index) {
  const button = h("button", { type: "button", class: "map-row", tabindex: index ? "-1" : "0", "aria-pressed": "false",
    "data-text": region.reflection,
    onclick: () => choose(middle(region.polygon)),
    onkeydown: (event) => {
      const last = atlas.regions.length - 1;
      const to = { ArrowDown: index + 1, ArrowRight: index + 1, ArrowUp: index - 1, ArrowLeft: index - 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      const next = Math.min(last, Math.max(0, to));
      list.children[next].firstChild.focus();
      choose(middle(atlas.regions[next].polygon));
    } },
    h("span", { class: "map-number", "aria-hidden": "true" }, String(index + 1)),
    h("span", { class: "map-said" }, region.reflection),
    h("span", { class: "map-share" }, fill(T.region, { share: share(region.area) })));
  return h("li", {}, button);
}

// Moves the sliders; what is then shown follows from them, here as on the Reflect screen.
function choose(shares) {
  const weights = {};
  for (const { name } of mixer?.objectives || []) weights[name] = 0;
  atlas.objectives.forEach((name, k) => { weights[name] = shares[k]; });
  tell("set-weights", weights);
}

function mark() {
  if (!atlas?.regions?.length || !mixer) return;
  const total = Object.values(mixer.weights).reduce((sum, w) => sum + w, 0);
  const shares = atlas.objectives.map((name) => (total > 0 ? (mixer.weights[name] || 0) / total : 0));
  const within = total > 0 && Math.abs(shares.reduce((sum, w) => sum + w, 0) - 1) < 1e-9;
  const index = regionAt(atlas, mixer.weights);
  const region = atlas.regions[index];
  drawn?.at(within ? shares : null, index);
  const n = atlas.regions.length;
  count.textContent = !region ? fill(T.nowhere, { n })
    : n === 1 && atlas.coverage > 0.99 ? T.count_one : fill(T.count, { n, share: share(region.area) });
  reading.textContent = region ? region.reflection : "";
  mix.textContent = total > 0 ? fill(T.mix, { mix: mixer.objectives.map((o) => o.label.toLowerCase() + " " + percent((mixer.weights[o.name] || 0) / total)).join(", ") }) : "";
  facts.textContent = region?.scores
    ? fill(T.scores, { scores: Object.entries(region.scores).map(([name, x]) => label(name).toLowerCase() + " " + x.toFixed(2)).join(", ") }) : "";
  if (index === chosen) return;
  list.children[chosen]?.firstChild.setAttribute("aria-pressed", "false");
  chosen = index;
  [...list.children].forEach((item, i) => { item.firstChild.tabIndex = i === Math.max(0, index) ? 0 : -1; });
  list.children[index]?.firstChild.setAttribute("aria-pressed", "true");
}

// More than three objectives: which three the map is of.
function slices() {
  const many = (mixer?.objectives.length || 0) > 3;
  slicer.hidden = !many || !atlas;
  if (!many || slicer.querySelector("input")) return;
  const boxes = mixer.objectives.map((o) => h("input", { type: "checkbox", id: "slice-" + o.name, value: o.name }));
  const go = h("button", { type: "button", class: "primary", disabled: true }, T.slice_go);
  const three = () => boxes.filter((box) => box.checked).map((box) => box.value);
  boxes.forEach((box) => box.addEventListener("change", () => { go.disabled = three().length !== 3; }));
  go.addEventListener("click", () => { tell("slice", three()); });
  slicer.append(h("div", { class: "slice-boxes" }, boxes.map((box, i) =>
    h("label", { for: box.id }, box, mixer.objectives[i].label))), go);
}

overlay.addEventListener("change", async () => {
  points = [];
  ratings.replaceChildren();
  lay();
  if (overlay.checked) await fetchRatings();
});
hear("rated", () => { if (overlay.checked) fetchRatings(); });

async function fetchRatings() {
  let found;
  try {
    found = await request("rated", "");
  } catch (error) {
    found = { points: [], message: T.overlay_failed };
  }
  if (!overlay.checked) return;
  points = found.points;
  ratings.replaceChildren(points.length ? h("p", { class: "fine" }, T.overlay_legend)
    : h("p", { class: found.message ? "error" : "fine" }, found.message || T.overlay_none));
  if (points.length) ratings.append(table());
  lay();
}

function lay() {
  if (!drawn || !mixer) return;
  const all = mixer.objectives.map((o) => o.name);
  drawn.rate(points.map((point) => ({ ...point, shares: atlas.objectives.map((name) => point.weights[all.indexOf(name)]) }))
    .filter((point) => Math.abs(point.shares.reduce((sum, w) => sum + w, 0) - 1) < 1e-4)); // others are off the slice
}

function table() {
  const head = [...mixer.objectives.map((o) => o.label), T.overlay_value, T.overlay_n];
  return h("details", {}, h("summary", {}, T.overlay_table),
    h("div", { class: "scroll overall", tabindex: "0", role: "region", "aria-label": T.overlay_table },
      h("table", { "aria-label": T.overlay_table }, h("thead", {}, h("tr", {}, head.map((t) => h("th", { scope: "col" }, t)))),
        h("tbody", {}, points.map((point) => h("tr", {}, [...point.weights.map(percent), point.value.toFixed(2), point.n]
          .map((t) => h("td", {}, String(t)))))))));
}

draw();
tell("hello");
