// What raters said, as tables: counts, agreement, ranking, means by weights, self-agreement and known answers.
import { counted, fill, h } from "../widgets/dom.js";
import { fixed, percent } from "../widgets/numbers.js";
import { section } from "../widgets/section.js";
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
  const row = ({ scale, where, reflections, unsure, alpha, explanation }) => [
    T.scales[scale],
    T.where_names[where],
    String(reflections),
    String(unsure),
    alpha === null ? explanation : fixed(alpha),
  ];
  return table(T.agreement_heading, [T.scale, T.where, T.units, T.unsure, T.alpha], found.agreement.map(row));
}

export function ranking(found, T) {
  const hint = counted(T, "ranking_hint", found.comparisons);
  return section(T.ranking_heading, hint, rankingTable(found.ranking, T));
}

function rankingTable(rows, T) {
  if (!rows.length) return h("p", {}, T.none);
  const least = Math.min(0, ...rows.map((row) => row.low));
  const most = Math.max(0, ...rows.map((row) => row.high));
  const columns = [T.setting, T.wins, T.strength, T.interval];
  const cells = (row) => [
    row.setting,
    fill(T.of, { wins: row.wins, n: row.comparisons }),
    fixed(row.strength),
    interval(row, least, most - least || 1),
  ];
  return table(T.ranking_heading, columns, rows.map(cells));
}

// An interval in numbers and as a line on a scale that all rows share.
function interval({ low, high, strength }, least, span) {
  const at = (x) => `${(100 * (x - least)) / span}%`;
  const extent = { left: at(low), width: `${(100 * (high - low)) / span}%` };
  return h(
    "span",
    {},
    fill("{low} … {high}", { low: fixed(low), high: fixed(high) }),
    h(
      "span",
      { class: "interval", "aria-hidden": "true" },
      h("span", { class: "extent", vars: extent }),
      h("span", { class: "point", vars: { left: at(strength) } }),
    ),
  );
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
