// Draws an atlas: a triangle for three objectives, a bar for two. Regions, the point of the weights, ratings.
const SVG = "http://www.w3.org/2000/svg";
const SIDE = 1000;
const HEIGHT = SIDE * Math.sqrt(3) / 2;
const EDGE = 26; // room around for circles and outlines

function s(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "fill") node.style.setProperty("fill", value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Shares to the picture: the first objective at the top, the second left, the third right; two lie on a bar.
const place = (p) => p.length === 2 ? [SIDE * p[1], 60] : [SIDE * (p[2] + p[0] / 2), HEIGHT * (1 - p[0])];

function sharesAt(x, y, count) {
  const p = count === 2 ? [1 - x / SIDE, x / SIDE] : [1 - y / HEIGHT, 0, x / SIDE - (1 - y / HEIGHT) / 2];
  if (count === 3) p[1] = 1 - p[0] - p[2];
  const kept = p.map((share) => Math.max(0, share)); // a click beside the edge means the edge
  const total = kept.reduce((sum, share) => sum + share, 0);
  return kept.map((share) => share / total);
}

// The objectives' colours mixed as in the region's middle, on the ground of the card, so that ink stays readable.
function tint(shares, colours) {
  let [mixed, weight] = ["var(" + colours[0] + ")", shares[0]];
  for (let k = 1; k < shares.length; k++) {
    weight += shares[k];
    const part = weight > 0 ? Math.round((100 * shares[k]) / weight) : 0;
    mixed = `color-mix(in srgb, var(${colours[k]}) ${part}%, ${mixed})`;
  }
  return `color-mix(in srgb, ${mixed} 42%, var(--card))`;
}

function corners(polygon, count) {
  if (count === 3) return polygon.map(place);
  const [low, high] = [Math.min(...polygon.map((p) => p[1])), Math.max(...polygon.map((p) => p[1]))];
  return [[SIDE * low, 0], [SIDE * high, 0], [SIDE * high, 120], [SIDE * low, 120]];
}

// The picture; `pick` hears shares. Returns the node and `at`, which moves the marker and lights a region.
function picture(atlas, colours, label, pick) {
  const count = atlas.objectives.length;
  const tall = count === 2 ? 120 : HEIGHT;
  const areas = atlas.regions.map((region) => s("polygon", {
    class: "region", points: corners(region.polygon, count).map((p) => p.join(",")).join(" "),
    fill: tint(middle(region.polygon), colours),
  }));
  const numbers = atlas.regions.flatMap((region, i) => {
    if (region.area < 0.012) return [];
    const [x, y] = place(middle(region.polygon));
    return [s("text", { class: "region-number", x, y }, String(i + 1))];
  });
  const frame = s("polygon", { class: "frame", points: count === 2 ? `0,0 ${SIDE},0 ${SIDE},120 0,120` : `${SIDE / 2},0 0,${HEIGHT} ${SIDE},${HEIGHT}` });
  const lit = s("polygon", { class: "lit", points: "" });
  const here = s("circle", { class: "here", r: 15 });
  const dots = s("g", {});
  const node = s("svg", { class: "triangle", viewBox: `${-EDGE} ${-EDGE} ${SIDE + 2 * EDGE} ${tall + 2 * EDGE}`, role: "img", "aria-label": label },
    frame, ...areas, lit, ...numbers, dots, here);
  node.addEventListener("click", (event) => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(node.getScreenCTM().inverse());
    pick(sharesAt(at.x, at.y, count));
  });
  return {
    node,
    at(shares, index) {
      here.style.display = shares ? "" : "none";
      lit.setAttribute("points", index >= 0 ? areas[index].getAttribute("points") : "");
      if (!shares) return;
      const [x, y] = place(shares);
      here.setAttribute("cx", x);
      here.setAttribute("cy", y);
    },
    rate(points) {
      const most = Math.max(1, ...points.map((point) => point.n));
      dots.replaceChildren(...points.map((point) => {
        const [cx, cy] = place(point.shares);
        return s("circle", { class: "rated", cx, cy, r: 9 + 16 * Math.sqrt(point.n / most), "fill-opacity": point.value });
      }));
    },
  };
}
