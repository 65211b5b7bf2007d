// Which setting wins, from choices between two: strengths with their intervals, one table for each group of settings that
// choices link.
import { counted, fill, h } from "./dom.js";
import { fixed, settingName } from "./numbers.js";
import { section } from "./section.js";
import { dataTable } from "./table.js";

// `found` has the rows as `ranking`, and how many choices they rest on as `comparisons`.
export function ranking({ ranking: rows, comparisons }, T) {
  const hint = counted(T, "ranking_hint", comparisons);
  const numbers = [...new Set(rows.map((row) => row.group))];
  const groups = numbers.map((number) => rows.filter((row) => row.group === number));
  if (groups.length < 2) {
    return section(T.ranking_heading, hint, rows.length ? table(T.ranking_heading, rows, T) : h("p", {}, T.none));
  }
  const part = (group) => {
    const name = fill(T.ranking_group, {
      n: group[0].group,
      settings: group.map((row) => settingName(row.setting)).join(", "),
    });
    return [h("h3", {}, name), table(name, group, T)];
  };
  const apart = h("p", { class: "notice" }, fill(T.ranking_groups, { n: groups.length }));
  return section(T.ranking_heading, hint, apart, ...groups.flatMap(part));
}

function table(caption, rows, T) {
  const least = Math.min(0, ...rows.map((row) => row.low));
  const most = Math.max(0, ...rows.map((row) => row.high));
  const cells = (row) => [
    settingName(row.setting),
    fill(T.of, { wins: row.wins, n: row.comparisons }),
    fixed(row.strength),
    interval(row, least, most - least || 1),
  ];
  return dataTable(caption, [T.setting, T.wins, T.strength, T.interval], rows.map(cells), null);
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
