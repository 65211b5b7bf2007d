// The ratings laid over the map: asked for when they are wanted, drawn by the picture, and told in a table.
import { COMMAND, hear } from "../events.js";
import { h } from "../widgets/dom.js";
import { percent } from "../widgets/numbers.js";
import { request } from "../widgets/server.js";
import { dataTable } from "../widgets/table.js";

// `draw` is called when there are other ratings to draw, which are in `points` then.
export function ratingsLayer({ props, server }, draw) {
  const T = props.text;
  const box = h("input", { type: "checkbox", id: "map-overlay" });
  const node = h("div", { role: "status" });
  const tick = h("div", { class: "consent" }, box, h("label", { for: "map-overlay" }, T.overlay));
  const layer = { tick, node, points: [], setLabels };
  let labels = [];

  function setLabels(found) {
    labels = found;
  }

  async function load() {
    let found;
    try {
      found = await request(server, "rated", "");
    } catch {
      found = { points: [], message: T.overlay_failed };
    }
    if (!box.checked) return;
    layer.points = found.points;
    node.replaceChildren(...inWords(found, labels, T));
    draw();
  }

  box.addEventListener("change", () => {
    layer.points = [];
    node.replaceChildren();
    draw();
    if (box.checked) load();
  });
  hear(COMMAND.rated, () => {
    if (box.checked) load();
  });
  return layer;
}

function inWords({ points, message }, labels, T) {
  if (!points.length) return [h("p", { class: message ? "error" : "fine" }, message || T.overlay_none)];
  const columns = [...labels, T.overlay_value, T.overlay_n];
  const rows = points.map(({ weights, value, n }) => [...weights.map(percent), value.toFixed(2), String(n)]);
  const table = h("div", { class: "overall" }, dataTable(T.overlay_table, columns, rows, null));
  return [h("p", { class: "fine" }, T.overlay_legend), h("details", {}, h("summary", {}, T.overlay_table), table)];
}
