// The Map screen: picture and list of the atlas's regions, what the chosen one says, ratings laid over it.
import { regionAt } from "../atlas/lookup.js";
import { COMMAND, hear, STATE, tell } from "../events.js";
import { counted, fill, h, isOff, openTab, setOff } from "../widgets/dom.js";
import { floorPercent, objectiveStyle, percent, sum } from "../widgets/numbers.js";
import { cutOf, DRAWN, heaviest, inCut, isElsewhere, uncut } from "./cut.js";
import { picture } from "./picture.js";
import { ratingsLayer } from "./ratings.js";
import { regionList } from "./region_list.js";
import { slicer } from "./slicer.js";

export function map(widget) {
  const screen = new MapScreen(widget);
  hear(STATE.weights, (mixer) => screen.setMixer(mixer));
  hear(STATE.atlas, (atlas) => screen.setAtlas(atlas));
}

class MapScreen {
  constructor(widget) {
    const T = widget.props.text;
    this.T = T;
    this.atlas = null;
    this.mixer = null;
    this.picture = null;
    this.cut = null; // what the picture is of
    this.corners = []; // names of the objectives of the cut
    this.home = null; // where the sliders stood when this atlas came, to put them back
    this.ratings = ratingsLayer(widget, () => this.layRatings());
    this.slicer = slicer(T, (names) => this.slice(names));
    this.list = regionList(T, {
      label: (name) => this.label(name),
      about: (region) => [fill(T.region, { share: this.share(region.area) }), this.check(region)],
      choose: (shares) => this.choose(shares),
      peek: (index) => this.peek(index),
    });
    this.view = layout(T, this.ratings, this.slicer, this.list);
    this.view.back.addEventListener("click", () => {
      if (!isOff(this.view.back)) tell(COMMAND.setWeights, this.home);
    });
    this.view.use.addEventListener("click", () => openTab(T.reflect_tab));
    widget.element.append(this.view.node);
    this.draw();
  }

  setMixer(mixer) {
    const first = !this.mixer;
    this.mixer = mixer;
    this.ratings.setLabels(mixer.objectives.map((o) => o.label));
    if (first)
      this.draw(); // labels and colours are known from now on
    else this.mark();
  }

  setAtlas(atlas) {
    if (atlas?.id !== this.atlas?.id) this.home = this.mixer?.weights || null;
    const spanned = atlas?.objectives || [];
    const known = atlas?.id === this.atlas?.id && this.corners.length > 0;
    this.atlas = atlas;
    if (!known || !this.corners.every((name) => spanned.includes(name))) {
      this.corners = heaviest(spanned, this.shares());
    }
    this.draw();
  }

  // Draws another three; asks for their atlas where this one does not span them.
  slice(names) {
    const { objectives } = this.atlas;
    if (objectives.length <= DRAWN || !names.every((name) => objectives.includes(name))) {
      tell(COMMAND.slice, names);
      return;
    }
    this.corners = names;
    this.draw();
  }

  // Shares of the atlas's objectives where the sliders stand.
  shares() {
    const { weights } = this.mixer || { weights: {} };
    const total = sum(Object.values(weights));
    return (this.atlas?.objectives || []).map((name) => (total > 0 ? (weights[name] || 0) / total : 0));
  }

  label(name) {
    return this.mixer?.objectives.find((o) => o.name === name)?.label || name;
  }

  share(area) {
    return area < 0.01 ? this.T.less : percent(area);
  }

  draw() {
    const { guide, body, notice } = this.view;
    const regions = this.atlas?.regions || [];
    this.slicer.show(this.mixer?.objectives || [], this.atlas);
    body.hidden = guide.hidden = !regions.length;
    notice.textContent = this.status(regions);
    if (!regions.length) return;
    this.drawPicture();
    this.list.show(regions);
    this.layRatings();
    this.mark();
  }

  status(regions) {
    const { atlas, T } = this;
    if (!atlas) return T.none;
    if (atlas.phase === "failed") return fill(T.failed, atlas);
    const share = floorPercent(atlas.coverage || 0);
    const whole = atlas.coverage > 0.99; // but for slivers; while it is said to grow, only scores come then
    if (atlas.phase === "growing" && !whole) return fill(T.growing, { share });
    if (!regions.length) return T.off;
    return whole ? "" : fill(T.part, { share });
  }

  drawPicture() {
    const { drawing, corners, guide } = this.view;
    this.cut = cutOf(this.atlas, this.corners, this.shares());
    const { objectives, held, share } = this.cut;
    const regions = this.cut.regions.filter(({ polygon }) => polygon.length);
    guide.textContent = (objectives.length === DRAWN ? `${this.guide(held, share)} ` : "") + this.T.hint;
    const all = this.mixer ? this.mixer.objectives.map((o) => o.name) : objectives;
    const style = (name) => objectiveStyle(Math.max(0, all.indexOf(name)));
    const corner = (name) => [h("span", { class: `swatch ${style(name)}` }), this.label(name)];
    const names = objectives.map((name) => this.label(name)).join(", ");
    const spoken = counted(this.T, held < 0 ? "picture" : "picture_cut", regions.length, { names });
    const colours = objectives.map((name) => style(name).replace("o", "--c"));
    drawing.replaceChildren();
    this.picture = null;
    corners.replaceChildren(...objectives.slice(-2).map((name) => h("li", {}, ...corner(name))));
    if (objectives.length < 2) return;
    this.picture = picture(
      this.cut,
      colours,
      spoken,
      (shares) => this.choose(uncut(this.cut, shares)),
      (index) => this.peek(index),
    );
    if (objectives.length === DRAWN) {
      drawing.append(h("p", { class: "map-top", "aria-hidden": "true" }, ...corner(objectives[0])));
    }
    drawing.append(this.picture.node);
  }

  // What the triangle is of.
  guide(held, share) {
    if (held < 0) return this.T.guide;
    return fill(this.T.guide_cut, {
      held: this.label(this.atlas.objectives[held]).toLowerCase(),
      share: percent(share),
    });
  }

  // Shows a region's text without choosing it: under the pointer, or where the focus is.
  peek(index) {
    const region = this.atlas?.regions[index];
    this.picture?.peek(region ? index : -1);
    this.view.tip.textContent = region ? `${index + 1} · ${region.reflection}` : "";
  }

  // Moves the sliders; what is then shown follows from them, here as on the Reflect screen.
  choose(shares) {
    const weights = Object.fromEntries((this.mixer?.objectives || []).map(({ name }) => [name, 0]));
    this.atlas.objectives.forEach((name, k) => {
      weights[name] = shares[k];
    });
    tell(COMMAND.setWeights, weights);
  }

  // Shows where the sliders stand, and which region that is.
  mark() {
    const { atlas, mixer, view, T } = this;
    if (!atlas?.regions?.length || !mixer) return;
    const total = sum(Object.values(mixer.weights));
    const shareOf = (name) => (total > 0 ? (mixer.weights[name] || 0) / total : 0);
    const shares = this.shares();
    if (isElsewhere(this.cut, shares)) {
      this.drawPicture(); // the cut goes through where the sliders stand
      this.layRatings();
    }
    const index = regionAt(atlas, mixer.weights);
    const region = atlas.regions[index];
    const inWords = ({ name, label }) => `${label.toLowerCase()} ${percent(shareOf(name))}`;
    this.picture?.mark(total > 0 ? inCut(this.cut, shares) : null, index);
    view.single.textContent = mixer.best_of > 1 ? fill(T.single, { n: mixer.best_of }) : "";
    view.count.textContent = this.count(region);
    view.reading.textContent = region ? region.reflection : "";
    view.mix.textContent = total > 0 ? fill(T.mix, { mix: mixer.objectives.map(inWords).join(", ") }) : "";
    const home = this.home && mixer.objectives.every(({ name }) => this.home[name] === mixer.weights[name]);
    setOff(view.back, !this.home || home);
    view.facts.textContent = region?.scores ? this.facts(region).join(" ") : "";
    this.list.press(index);
  }

  count(region) {
    const n = this.atlas.regions.length;
    if (!region) return counted(this.T, "nowhere", n);
    if (n === 1 && this.atlas.coverage > 0.99) return this.T.count_all;
    return counted(this.T, "count", n, { share: this.share(region.area) });
  }

  // Scores and check of a region in sentences.
  facts(region) {
    const inWords = ([name, x]) => `${this.label(name).toLowerCase()} ${x.toFixed(2)}`;
    const scores = Object.entries(region.scores).map(inWords).join(", ");
    return [fill(this.T.scores, { scores }), ...this.check(region).map((words) => `${words}.`)];
  }

  // Whether a region's text stays with what was said, in words; empty where that is not known.
  check({ faithfulness }) {
    return faithfulness ? [`${this.T.faithful}: ${this.T.faithful_words[faithfulness.reading]}`] : [];
  }

  layRatings() {
    if (!this.picture || !this.mixer) return;
    const all = this.mixer.objectives.map((o) => o.name);
    const sharesOf = (point) => this.atlas.objectives.map((name) => point.weights[all.indexOf(name)]);
    const placed = this.ratings.points.map((point) => ({ ...point, shares: inCut(this.cut, sharesOf(point)) }));
    this.picture.rate(placed.filter(({ shares }) => shares));
  }
}

function layout(T, ratings, slices, regions) {
  const view = {
    notice: h("p", { class: "fine", role: "status" }),
    guide: h("p", { class: "fine map-guide", hidden: true }),
    single: h("p", { class: "fine map-guide" }),
    count: h("p", { class: "map-count", id: "map-count" }),
    reading: h("p", { class: "reflection-text map-text", id: "map-text", dir: "auto" }),
    tip: h("p", { class: "fine map-tip", dir: "auto", "aria-hidden": "true" }),
    use: h("button", { type: "button", class: "secondary" }, T.use),
    back: h("button", { type: "button", class: "quiet", "aria-disabled": "true" }, T.back),
    facts: h("p", { class: "fine" }),
    mix: h("p", { class: "fine map-mix" }),
    drawing: h("div", { class: "map-drawing" }),
    corners: h("ul", { class: "map-corners", "aria-hidden": "true" }),
  };
  view.body = h(
    "div",
    { class: "map-grid", hidden: true },
    h("div", {}, view.drawing, view.corners, view.tip, ratings.tick, ratings.node),
    h(
      "div",
      {},
      view.count,
      view.reading,
      view.mix,
      view.facts,
      h("div", { class: "map-actions" }, view.use, view.back),
      regions.sort,
      regions.node,
    ),
  );
  view.node = h(
    "section",
    { class: "card map", "aria-labelledby": "map-heading" },
    h("h2", { class: "title", id: "map-heading" }, T.heading),
    view.guide,
    view.single,
    view.notice,
    slices.node,
    view.body,
  );
  return view;
}
