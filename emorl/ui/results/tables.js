// What raters said, as tables: counts, agreement, means by weights, self-agreement and known answers.
import { alphaCells } from "../widgets/alpha.js";
import { fill, h } from "../widgets/dom.js";
import { fixed, percent } from "../widgets/numbers.js";
import { dataTable } from "../widgets/table.js";

const table = (caption, columns, rows) => dataTable(caption, columns, rows, null);

function definitions(lines) {
  return h(
    "dl",
    {},
    lines.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
  );
}

export function counts(found, T) {
  const lines = Object.entries(T.counts).map(([name, label]) => [label, String(found.counts[name])]);
  const seconds = found.median_seconds === null ? T.none : fixed(found.median_seconds, 1);
  return definitions([...lines, [T.median_seconds, seconds]]);
}

export function agreement(found, T) {
  const { cell, note } = alphaCells(found.agreement, T);
  const row = (one) => [
    T.scales[one.scale],
    T.where_names[one.where],
    String(one.reflections),
    String(one.unsure),
    cell(one),
  ];
  const columns = [T.scale, T.where, T.units, T.unsure, T.alpha];
  return [table(T.agreement_heading, columns, found.agreement.map(row)), note];
}

export function regions(found, T) {
  if (!found.regions.length) return h("p", {}, T.none);
  const scales = Object.keys(found.regions[0].means);
  const columns = [T.region, T.n, ...scales.map((scale) => T.scales[scale])];
  const row = (region) => [
    region.objective ? fill(T.region_of, region) : region.third,
    String(region.ratings),
    ...scales.map((scale) => fixed(region.means[scale])),
  ];
  return table(T.regions_heading, columns, found.regions.map(row));
}

export function quality(found, T) {
  const repeats = Object.entries(found.self_agreement).map(([scale, row]) => [
    fill(T.self, { scale: T.scales[scale].toLowerCase() }),
    share(row, T),
  ]);
  return definitions([...repeats, [T.gold, share(found.gold, T)]]);
}

function share(found, T) {
  if (found.share === null) return T.none;
  return fill(T.share_of, { share: percent(found.share), right: found.right, asked: found.asked });
}
