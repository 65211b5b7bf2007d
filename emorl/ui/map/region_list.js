// The list of the atlas's regions: the largest first, or sorted by a score. Arrow keys move through it and choose.
import { middle } from "../atlas/lookup.js";
import { fill, h, keyMove } from "../widgets/dom.js";
import { fitness } from "../writing/fitness.js";

// `choose` hears the shares in the middle of a region, `peek` the index of one under the pointer or the focus, or -1;
// `label` names an objective, and `about` says in words what is known of a region: its share, and its check.
export function regionList(T, { label, about, choose, peek }) {
  const select = h("select", { id: "map-sort", onchange: sortBy });
  const sort = h("p", { class: "map-sort" }, h("label", { for: "map-sort" }, T.sort), " ", select);
  const node = h("ol", { class: "map-list", "aria-label": T.list });
  let regions = [];
  let order = []; // indices of regions
  let orders = new Map(); // what the list can be sorted by besides the size: {label, value} by name
  let sorting = ""; // name of one of them; "" for the size
  let chosen = -1;

  function sortBy() {
    const before = chosen;
    sorting = select.value;
    draw();
    press(before);
  }

  // What the list can be sorted by: the size, every score that the regions have, and how fit their texts are.
  function sortOptions() {
    const [first] = regions;
    orders = new Map(Object.keys(first.scores || {}).map((name) => [`score ${name}`, byScore(name)]));
    if (fitness(first) !== undefined) {
      orders.set("fitness", { label: first.would_say === null ? T.sort_faithful : T.sort_said, value: fitness });
    }
    if (!orders.has(sorting)) sorting = "";
    const option = (value, said) => h("option", { value, selected: value === sorting }, said);
    select.replaceChildren(option("", T.sort_size), ...[...orders].map(([name, one]) => option(name, one.label)));
    sort.hidden = regions.length < 2 || !orders.size;
  }

  function byScore(name) {
    return { label: fill(T.sort_score, { label: label(name).toLowerCase() }), value: ({ scores }) => scores?.[name] };
  }

  function draw() {
    sortOptions();
    const by = orders.get(sorting);
    const value = (index) => by.value(regions[index]) ?? -1;
    order = regions.map((_, index) => index);
    if (by) order.sort((a, b) => value(b) - value(a) || a - b);
    const focused = document.activeElement?.closest?.(".map-list button")?.dataset.text;
    chosen = -1;
    node.replaceChildren(...order.map((index, place) => row(regions[index], index, place)));
    if (focused) [...node.querySelectorAll("button")].find((button) => button.dataset.text === focused)?.focus();
  }

  function row(region, index, place) {
    const onkeydown = (event) => {
      const to = keyMove(event, place, order.length - 1);
      if (to === undefined) return;
      event.preventDefault();
      node.children[to].firstChild.focus();
      choose(middle(regions[order[to]].polygon));
    };
    const [share, check] = about(region);
    const scores = Object.entries(region.scores || {}).map(([name, x]) => `${label(name)} ${x.toFixed(2)}`);
    const button = h(
      "button",
      {
        type: "button",
        class: "map-row",
        tabindex: place ? "-1" : "0",
        "aria-pressed": "false",
        "data-text": region.reflection,
        onclick: () => choose(middle(region.polygon)),
        onmouseenter: () => peek(index),
        onmouseleave: () => peek(-1),
        onfocus: () => peek(index),
        onblur: () => peek(-1),
        onkeydown,
      },
      h("span", { class: "map-number", "aria-hidden": "true" }, String(index + 1)),
      h("span", { class: "map-said", dir: "auto" }, region.reflection),
      h("span", { class: "map-share" }, [share, ...scores, ...check].join(" · ")),
    );
    return h("li", {}, button);
  }

  // Marks the region where the sliders stand.
  function press(index) {
    if (index === chosen) return;
    const items = [...node.children].map((item) => item.firstChild);
    items[order.indexOf(chosen)]?.setAttribute("aria-pressed", "false");
    chosen = index;
    const place = order.indexOf(index);
    items.forEach((item, i) => {
      item.tabIndex = i === Math.max(0, place) ? 0 : -1;
    });
    items[place]?.setAttribute("aria-pressed", "true");
  }

  function show(found) {
    regions = found;
    draw();
  }

  return { sort, node, show, press };
}
