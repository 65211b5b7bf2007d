// The Results screen: password, then tables, export, deletion. The session lives in this script only. Where people sign
// in instead (settings.signed) there is no password; the server knows who calls.
const area = h("div", { class: "results" });
element.append(area);
let session = "";

async function ask(name, more) {
  try {
    return await request(name, { session, ...more });
  } catch (error) {
    return { error: T.offline };
  }
}

const digits = (x, n) => (x < 0 ? "−" : "") + Math.abs(x).toFixed(n === undefined ? 2 : n);
const shareOf = (found) => found.share === null ? T.none
  : fill(T.share_of, { share: percent(found.share), right: found.right, asked: found.asked });

function login(message) {
  session = "";
  const box = h("input", { type: "password", id: "results-password", autocomplete: "current-password" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h("form", { class: "card", novalidate: true, "aria-labelledby": "results-heading" },
    h("h2", { class: "title", id: "results-heading" }, T.heading),
    h("p", { class: "fine" }, T.login_hint),
    h("div", { class: "inputs" }, props.settings.signed ? null : h("label", { class: "field" }, T.password, box),
      h("button", { type: "submit", class: "primary" }, T.login)),
    wrong);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (props.settings.signed) { open(true); return; }
    let found;
    try { found = await request("enter", box.value); } catch (error) { found = { error: T.offline }; }
    box.value = "";
    wrong.textContent = found.error || "";
    if (found.error) { box.focus(); return; }
    session = found.session;
    open(true);
  });
  area.replaceChildren(form);
  wrong.textContent = message || "";
}

function table(caption, heads, lines) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { "aria-label": caption }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, lines.map((cells) => h("tr", {}, cells.map((cell, i) =>
        i === 0 ? h("th", { scope: "row" }, cell) : h("td", { class: typeof cell === "string" && cell.length > 24 ? "words" : null }, cell)))))));
}

function section(heading, hint, ...parts) {
  return h("section", { class: "card" }, h("h2", { class: "title" }, heading), hint ? h("p", { class: "fine" }, hint) : null, parts);
}

function counts(found) {
  const lines = Object.entries(T.counts).map(([name, label]) => [label, String(found.counts[name])]);
  lines.push([T.median_seconds, found.median_seconds === null ? T.none : digits(found.median_seconds, 1)]);
  return h("dl", {}, lines.flatMap(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]));
}

function agreement(found) {
  return table(T.agreement_heading, [T.scale, T.where, T.units, T.alpha], found.agreement.map((row) =>
    [T.scales[row.scale], T.where_names[row.where], String(row.reflections), row.alpha === null ? row.explanation : digits(row.alpha)]));
}

function ranking(found) {
  if (!found.ranking.length) return h("p", {}, T.none);
  const least = Math.min(0, ...found.ranking.map((row) => row.low));
  const most = Math.max(0, ...found.ranking.map((row) => row.high));
  const at = (x) => 100 * (x - least) / (most - least || 1) + "%";
  return table(T.ranking_heading, [T.setting, T.wins, T.strength, T.interval], found.ranking.map((row) => [
    row.setting, fill(T.of, { wins: row.wins, n: row.comparisons }), digits(row.strength),
    h("span", {}, fill("{low} … {high}", { low: digits(row.low), high: digits(row.high) }),
      h("span", { class: "interval", "aria-hidden": "true" },
        h("span", { class: "extent", vars: { left: at(row.low), width: 100 * (row.high - row.low) / (most - least || 1) + "%" } }),
        h("span", { class: "point", vars: { left: at(row.strength) } })))]));
}

function regions(found) {
  if (!found.regions.length) return h("p", {}, T.none);
  const scales = Object.keys(found.regions[0].means);
  return table(T.regions_heading, [T.region, T.n, ...scales.map((scale) => T.scales[scale])], found.regions.map((row) =>
    [row.objective ? fill(T.region_of, row) : row.third, String(row.ratings), ...scales.map((scale) => digits(row.means[scale]))]));
}

function quality(found) {
  return h("dl", {},
    Object.entries(found.self_agreement).flatMap(([scale, row]) =>
      [h("dt", {}, fill(T.self, { scale: T.scales[scale].toLowerCase() })), h("dd", {}, shareOf(row))]),
    h("dt", {}, T.gold), h("dd", {}, shareOf(found.gold)));
}

function exporter() {
  const comments = h("input", { type: "checkbox", id: "results-comments" });
  const said = h("p", { class: "fine", role: "status" });
  const buttons = [["ratings", T.export_ratings], ["queue", T.export_queue]].flatMap(([what, label]) =>
    [["csv", T.export_csv], ["json", T.export_json]].map(([kind, words]) =>
      h("button", { type: "button", class: "quiet", onclick: () => save(what, kind) }, fill(words, { what: label }))));
  async function save(what, kind) {
    const found = await ask("export_data", { what, kind, comments: comments.checked });
    if (found.error) { refused(found.error, said); return; }
    const link = h("a", { href: URL.createObjectURL(new Blob([found.text], { type: found.type })), download: found.name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    said.textContent = fill(T.exported, { name: found.name, n: found.rows });
  }
  return section(T.export_heading, T.export_hint,
    h("label", { class: "check" }, comments, T.export_comments), h("div", { class: "inputs" }, buttons), said);
}

function purger() {
  const days = h("input", { type: "number", min: 0, step: 1, value: 365, id: "results-days" });
  const word = h("input", { type: "text", id: "results-word", autocomplete: "off" });
  const said = h("p", { class: "fine", role: "status", id: "results-purged" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h("form", { novalidate: true, "aria-label": T.purge_heading }, h("div", { class: "inputs" },
    h("label", { class: "field" }, T.purge_days, days), h("label", { class: "field" }, T.purge_confirm, word),
    h("button", { type: "submit", class: "quiet" }, T.purge)), said, wrong);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const found = await ask("purge_old", { days: days.value === "" ? null : Number(days.value), confirm: word.value });
    wrong.textContent = said.textContent = "";
    if (found.error) { refused(found.error, wrong); return; }
    await open(false);
    document.getElementById("results-purged").textContent = fill(T.purged, { n: found.purged });
  });
  return section(T.purge_heading, "", form);
}

const refused = (message, place) => { place.textContent = message; };

async function open(focus) {
  const found = await ask("show_results");
  if (found.error) { login(found.error); return; }
  const data = found.results;
  const head = h("h2", { class: "title", tabindex: "-1" }, T.heading);
  area.replaceChildren(
    h("div", { class: "card-head" }, head, h("span", { class: "state" }),
      h("button", { type: "button", class: "quiet", onclick: () => open(true) }, T.refresh),
      h("button", { type: "button", class: "quiet", onclick: async () => { await ask("leave"); login(""); } }, T.logout)),
    section(T.counts_heading, "", counts(data)),
    section(T.agreement_heading, T.agreement_hint, agreement(data)),
    section(T.ranking_heading, fill(T.ranking_hint, { n: data.comparisons }), ranking(data)),
    section(T.regions_heading, T.regions_hint, regions(data)),
    section(T.quality_heading, T.quality_hint, quality(data)),
    exporter(), purger());
  if (focus) head.focus();
}

login("");
