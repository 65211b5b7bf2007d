// Answers weights from an atlas: which region a point lies in, and how far a slider may move inside it. No DOM here.
// The twin of `Atlas.at` and `Polygon.margin` in Python; a property test holds the two together.
import { sum } from "../widgets/numbers.js";

const ON_BORDER = 2e-6; // shares: corners are rounded to 6 digits, which may open gaps of 1e-6 between neighbours

const dot = (a, b) => sum(a.map((x, i) => x * b[i]));

// Signed distance of a point to the border of a region, in the first K - 1 shares; negative outside. Of four shares the
// server tells the walls, as normals whose product with the point is the distance.
function margin({ polygon, walls: told }, point) {
  if (told) return Math.min(...told.map((normal) => dot(normal, point)));
  if (point.length === 1) return 1;
  if (point.length === 2) {
    const ends = polygon.map((corner) => corner[0]);
    return Math.min(point[0] - Math.min(...ends), Math.max(...ends) - point[0]);
  }
  let turn = 0;
  let least = Infinity;
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    turn += ax * by - ay * bx;
  });
  polygon.forEach(([ax, ay], i) => {
    const [bx, by] = polygon[(i + 1) % polygon.length];
    const length = Math.hypot(bx - ax, by - ay);
    if (length === 0) return; // corners that rounding has made one
    const cross = (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax);
    least = Math.min(least, (Math.sign(turn) * cross) / length);
  });
  return least;
}

// Index of the region that these raw weights, by name, fall in; -1 where the atlas does not say.
export function regionAt(atlas, weights) {
  const total = sum(Object.values(weights));
  if (!(total > 0)) return -1; // the base model's own reply
  const point = atlas.objectives.map((name) => (weights[name] || 0) / total);
  if (Math.abs(sum(point) - 1) > 1e-9) return -1; // off the slice
  let best = -1;
  let most = -ON_BORDER;
  atlas.regions.forEach((region, i) => {
    const distance = margin(region, point);
    if (distance >= most) [best, most] = [i, distance];
  });
  return best;
}

// Corner shares averaged: a point well inside.
export function middle(polygon) {
  return polygon[0].map((_, k) => sum(polygon.map((corner) => corner[k])) / polygon.length);
}

// Walls of a region as normals with normal · w >= 0 inside; they run through the origin, so raw weights will do.
function walls({ polygon, walls: told }) {
  if (told) return told;
  const inside = middle(polygon);
  const found =
    inside.length === 2
      ? polygon.map(([x, y]) => [y, -x])
      : polygon.map(([a, b, c], i) => {
          const [x, y, z] = polygon[(i + 1) % polygon.length];
          return [b * z - c * y, c * x - a * z, a * y - b * x];
        });
  return found.map((normal) => (dot(normal, inside) < 0 ? normal.map((x) => -x) : normal));
}

// Values of one slider, 0 to 1, at which the region stays the same while the other sliders stay where they are.
export function sliderBand(atlas, index, weights, name) {
  const k = atlas.objectives.indexOf(name);
  const raw = atlas.objectives.map((key) => weights[key] || 0);
  if (raw.length < 2) return [0, 1];
  if (k < 0) return null;
  let [low, high] = [0, 1];
  for (const normal of walls(atlas.regions[index])) {
    const rest = sum(normal.map((n, j) => (j === k ? 0 : n * raw[j])));
    if (Math.abs(normal[k]) < 1e-12) continue;
    const at = -rest / normal[k];
    if (normal[k] > 0) low = Math.max(low, at);
    else high = Math.min(high, at);
  }
  return [Math.min(low, raw[k]), Math.max(high, raw[k])]; // on a border rounding may part them
}

// The same from an interval of the share (others in proportion), as the explanation of a reply gives it.
export function bandOfShares([low, high], weights, name) {
  const others = sum(Object.entries(weights).map(([key, w]) => (key === name ? 0 : w)));
  if (!(others > 0)) return [0, 1]; // alone on the scales: its share is 1 wherever the slider is
  const raw = (share) => (share >= 1 ? 1 : Math.min(1, (others * share) / (1 - share)));
  return [raw(low), raw(high)];
}
