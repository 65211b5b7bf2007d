// Draws an atlas: a triangle for three objectives, a bar for two. Regions, the point of the weights, ratings. The hue of a
// region says which objectives decide there; neighbours differ in how strong it is, which nobody has to see in colour.
import { middle } from "../atlas/lookup.js";

const SVG = "http://www.w3.org/2000/svg";
const SIDE = 1000;
const HEIGHT = (SIDE * Math.sqrt(3)) / 2;
const BAR = 120; // height of the bar for two objectives
const EDGE = 26; // room around for circles and outlines
const MIN_NUMBERED = 0.012; // area of the smallest region with a number in it
const STRENGTHS = [34, 12, 56, 23, 45]; // percent of colour over the card's background; text stays readable on each
const SLIVER = 22; // width of a region that is too thin to see or to hit: it gets a dot

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "fill") node.style.setProperty("fill", value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// Shares to the picture: the first objective at the top, the second left, the third right; two lie on a bar.
const project = (p) => (p.length === 2 ? [SIDE * p[1], BAR / 2] : [SIDE * (p[2] + p[0] / 2), HEIGHT * (1 - p[0])]);

function sharesAt(x, y, count) {
  const p = count === 2 ? [1 - x / SIDE, x / SIDE] : [1 - y / HEIGHT, 0, x / SIDE - (1 - y / HEIGHT) / 2];
  if (count === 3) p[1] = 1 - p[0] - p[2];
  const kept = p.map((share) => Math.max(0, share)); // a click beside the edge means the edge
  const total = kept.reduce((sum, share) => sum + share, 0);
  return kept.map((share) => share / total);
}

// The objectives' colours mixed as in the middle of the region, over the card's background, so that text is readable.
function tint(shares, colours, strength) {
  let [mixed, weight] = [`var(${colours[0]})`, shares[0]];
  for (let k = 1; k < shares.length; k++) {
    weight += shares[k];
    const part = weight > 0 ? Math.round((100 * shares[k]) / weight) : 0;
    mixed = `color-mix(in srgb, var(${colours[k]}) ${part}%, ${mixed})`;
  }
  return `color-mix(in srgb, ${mixed} ${strength}%, var(--card))`;
}

// For each region, the first strength that no neighbour before it has; regions that share a border or a corner count.
function strengths(shapes) {
  const found = [];
  shapes.forEach((shape, i) => {
    const taken = new Set(found.filter((_, j) => touch(shape, shapes[j])));
    const free = STRENGTHS.filter((strength) => !taken.has(strength));
    found.push(free.length ? free[0] : STRENGTHS[i % STRENGTHS.length]);
  });
  return found;
}

const NEAR = 1.5; // between neighbours: corners are rounded, and a long side may meet several short ones

function touch(a, b) {
  return a.some((corner) => toBorder(corner, b) < NEAR) || b.some((corner) => toBorder(corner, a) < NEAR);
}

// Distance of a point to the border of a polygon.
function toBorder([x, y], polygon) {
  const distances = polygon.map(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    const [dx, dy] = [bx - ax, by - ay];
    const along = dx || dy ? ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy) : 0;
    const t = Math.min(1, Math.max(0, along));
    return Math.hypot(ax + t * dx - x, ay + t * dy - y);
  });
  return Math.min(...distances);
}

// About how wide a polygon is: four times its area over its border, which is the side of a square.
function width(polygon) {
  let [area, border] = [0, 0];
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    area += (ax * by - bx * ay) / 2;
    border += Math.hypot(bx - ax, by - ay);
  });
  return border ? (4 * Math.abs(area)) / border : 0;
}

function corners(polygon, count) {
  if (count === 3) return polygon.map(project);
  const ends = polygon.map((p) => SIDE * p[1]);
  return rectangle(Math.min(...ends), Math.max(...ends));
}

function rectangle(left, right) {
  return [
    [left, 0],
    [right, 0],
    [right, BAR],
    [left, BAR],
  ];
}

const points = (pairs) => pairs.map((pair) => pair.join(",")).join(" ");

// The picture; `pick` hears the shares that were clicked, `peek` the index of the region under the pointer, or -1.
// Returns its node, `mark`, which moves the marker and lights a region, `peek`, which outlines one, and `rate`, which
// draws ratings.
export function picture(atlas, colours, label, pick, peek) {
  const count = atlas.objectives.length;
  const tall = count === 2 ? BAR : HEIGHT;
  const shapes = atlas.regions.map(({ polygon }) => corners(polygon, count));
  const strong = strengths(shapes);
  const regions = atlas.regions.flatMap(({ polygon }, i) => {
    if (!polygon.length) return []; // a cut misses it
    const fill = tint(middle(polygon), colours, strong[i]);
    return [svg("polygon", { class: "region", points: points(shapes[i]), fill, "data-region": i })];
  });
  const dots = atlas.regions.flatMap(({ polygon }, i) => {
    if (!polygon.length || width(shapes[i]) >= SLIVER) return [];
    const [cx, cy] = project(middle(polygon));
    const fill = tint(middle(polygon), colours, 100);
    return [svg("circle", { class: "sliver", cx, cy, r: 9, fill, "data-region": i })];
  });
  const numbers = atlas.regions.flatMap((region, i) => number(region, i));
  const outline =
    count === 2
      ? rectangle(0, SIDE)
      : [
          [SIDE / 2, 0],
          [0, HEIGHT],
          [SIDE, HEIGHT],
        ];
  const frame = svg("polygon", { class: "frame", points: points(outline) });
  const lit = svg("polygon", { class: "lit", points: "" });
  const seen = svg("polygon", { class: "seen", points: "" });
  const here = svg("circle", { class: "here", r: 15 });
  const ratings = svg("g", {});
  const viewBox = `${-EDGE} ${-EDGE} ${SIDE + 2 * EDGE} ${tall + 2 * EDGE}`;
  const node = svg(
    "svg",
    { class: "triangle", viewBox, role: "img", "aria-label": label },
    frame,
    ...regions,
    lit,
    seen,
    ...numbers,
    ...dots,
    ratings,
    here,
  );
  const regionOf = (event) => Number(event.target.closest?.("[data-region]")?.dataset.region ?? -1);
  node.addEventListener("pointermove", (event) => peek(regionOf(event)));
  node.addEventListener("pointerleave", () => peek(-1));
  node.addEventListener("click", (event) => {
    if (event.target.matches(".sliver")) {
      pick(middle(atlas.regions[regionOf(event)].polygon)); // the very point may lie beside it
      return;
    }
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(node.getScreenCTM().inverse());
    pick(sharesAt(at.x, at.y, count));
  });
  return {
    node,
    mark(shares, index) {
      here.style.display = shares ? "" : "none";
      lit.setAttribute("points", points(shapes[index] || []));
      if (!shares) return;
      const [x, y] = project(shares);
      here.setAttribute("cx", x);
      here.setAttribute("cy", y);
    },
    peek(index) {
      seen.setAttribute("points", points(shapes[index] || []));
    },
    rate(found) {
      const most = Math.max(1, ...found.map((rating) => rating.n));
      ratings.replaceChildren(...found.map((rating) => ratingCircle(rating, most)));
    },
  };
}

function number(region, index) {
  if (region.area < MIN_NUMBERED) return [];
  const [x, y] = project(middle(region.polygon));
  return [svg("text", { class: "region-number", x, y }, String(index + 1))];
}

function ratingCircle({ shares, n, value }, most) {
  const [cx, cy] = project(shares);
  return svg("circle", { class: "rated", cx, cy, r: 9 + 16 * Math.sqrt(n / most), "fill-opacity": value });
}
