// The cut through an atlas of four objectives that a triangle can show: three of them, while the fourth keeps its share.
// Every other atlas is drawn as it is. No DOM here. The twin of `Polytope.clip` in Python, of which only the section is
// wanted: the hull of where the segments from a corner below the cut to one above cross it.
import { sum } from "../widgets/numbers.js";

const MOST = 0.98; // share of the fourth up to which the cut is drawn: at 1 it is a point
const SAME = 1e-9; // shares of the triangle: corners closer than this are one, and thinner regions none
const ON_CUT = 1e-4; // shares
export const DRAWN = 3; // objectives of a triangle

// {objectives, regions, held, share}: `regions` as in the atlas, each with its polygon in the shares of `objectives`,
// empty where the cut misses it, and its area there; `held` is the index of the fourth in the atlas, or -1.
export function cutOf(atlas, chosen, shares) {
  const held = atlas.objectives.findIndex((name) => !chosen.includes(name));
  if (atlas.objectives.length <= DRAWN || held < 0) return { ...atlas, held: -1, share: 0 };
  const share = shareAt(shares, held);
  const regions = atlas.regions.map((region) => {
    const polygon = section(region.polygon, held, share);
    return { ...region, polygon, area: area(polygon) };
  });
  return { ...atlas, objectives: atlas.objectives.filter((_, k) => k !== held), regions, held, share };
}

const shareAt = (shares, held) => Math.min(MOST, shares[held]);

// Whether the cut through these shares is another one.
export const isElsewhere = ({ held, share }, shares) => held >= 0 && shareAt(shares, held) !== share;

// Shares of the triangle in all objectives of the atlas.
export function uncut({ held, share }, shares) {
  return held < 0 ? shares : shares.map((x) => x * (1 - share)).toSpliced(held, 0, share);
}

// Shares in all objectives of the atlas in those of the triangle; null where they are no point of it.
export function inCut({ held, share }, shares) {
  const rest = shares.filter((_, k) => k !== held);
  const total = sum(rest);
  return total > 0 && Math.abs(total + share - 1) < ON_CUT ? rest.map((x) => x / total) : null;
}

// The three heaviest, in their own order.
export function heaviest(objectives, shares) {
  const order = objectives.map((_, k) => k).sort((a, b) => shares[b] - shares[a] || a - b);
  return objectives.filter((_, k) => order.indexOf(k) < DRAWN);
}

// Where a polytope has this share of one objective: a polygon around, in the shares of the others among themselves.
function section(corners, held, share) {
  const above = corners.filter((corner) => corner[held] > share);
  const below = corners.filter((corner) => corner[held] < share);
  const crossings = above.flatMap((a) => below.map((b) => between(a, b, (share - b[held]) / (a[held] - b[held]))));
  const on = corners.filter((corner) => corner[held] === share);
  return around([...on, ...crossings].map((point) => others(point, held, 1 - share)));
}

const between = (a, b, part) => a.map((x, k) => part * x + (1 - part) * b[k]);

const others = (point, held, rest) => point.filter((_, k) => k !== held).map((x) => x / rest);

// The convex hull in the first two shares, in order (Andrew's monotone chain); empty where it has no interior.
function around(points) {
  const sorted = points.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const hull = [...half(sorted), ...half(sorted.toReversed())];
  return hull.length >= DRAWN && area(hull) > SAME ? hull : [];
}

function half(points) {
  const kept = [];
  for (const point of points) {
    while (kept.length > 1 && turn(kept.at(-2), kept.at(-1), point) <= SAME) kept.pop();
    kept.push(point);
  }
  return kept.slice(0, -1);
}

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

const area = (hull) => sum(hull.map((point, i) => turn(hull[0], point, hull[(i + 1) % hull.length])));
