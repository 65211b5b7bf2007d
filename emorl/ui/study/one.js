// One study: its progress, its texts, its raters, their agreement, export, more statements, deletion.
import { alphaCells } from "../widgets/alpha.js";
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { settingName } from "../widgets/numbers.js";
import { ranking } from "../widgets/ranking.js";
import { section } from "../widgets/section.js";
import { dataTable } from "../widgets/table.js";
import { exporter } from "./export.js";
import { faultList, importBox } from "./import.js";
import { raters } from "./raters.js";
import { studyTexts } from "./texts.js";

export function oneStudy(screen, found) {
  const { T } = screen;
  return [
    section(T.counts_heading, setup(found, T), counts(found, T), methods(found, T)),
    found.lines ? texts(screen, found) : null,
    raters(screen, found),
    section(T.agreement_heading, T.agreement_hint, agreement(found, T)),
    found.comparisons ? ranking(found, T) : null,
    exporter(screen, found),
    more(screen, found),
    remove(screen, found),
  ].filter(Boolean);
}

function setup({ design, ratings_per_item: ratings, items_per_rater: items, seed, training }, T) {
  return fill(T.setup, { design: T.designs[design], ratings, items, seed, training });
}

function counts(found, T) {
  const lines = Object.entries(T.counts).filter(([name]) => name !== "same" || found.design === "pairs");
  return h(
    "dl",
    {},
    lines.flatMap(([name, label]) => [h("dt", {}, label), h("dd", {}, String(found[name]))]),
  );
}

function methods(found, T) {
  const names = found.methods.map(({ name, people }) => (people ? fill(T.people, { name }) : settingName(name)));
  return h(
    "div",
    {},
    h("h3", {}, T.methods_heading),
    h(
      "ul",
      { class: "points" },
      names.map((name) => h("li", {}, name)),
    ),
  );
}

// The models write one statement after the other, as long as this part is on the page and nobody presses Stop. Texts
// that people wrote only become items.
function texts(screen, found) {
  const { T } = screen;
  const people = found.methods.every((method) => method.people);
  const running = people ? T.prepare_running : T.write_running;
  const said = h("p", { role: "status" }, fill(T.write_progress, found));
  const wrong = h("p", { class: "error", role: "alert" });
  const start = h("button", { type: "button", class: "primary", onclick: write }, people ? T.prepare : T.write);
  const stop = h("button", { type: "button", class: "quiet", hidden: true, onclick: halt }, T.write_stop);
  let stopped = false;

  function halt() {
    stopped = true;
  }

  async function write() {
    let now = found;
    stopped = false;
    stop.hidden = false;
    stop.focus();
    start.hidden = true;
    wrong.textContent = "";
    said.textContent = fill(running, now);
    while (now.written < now.lines && !stopped && said.isConnected) {
      const next = await screen.ask("write_next", { study: found.key });
      if (next.error) {
        wrong.textContent = next.error;
        break;
      }
      now = next;
      said.textContent = fill(running, now);
    }
    start.hidden = false;
    if (document.activeElement === stop) start.focus();
    stop.hidden = true;
    if (!said.isConnected) return;
    if (now.written === now.lines) screen.draw(now, true);
    else said.textContent = fill(T.write_stopped, now);
  }

  const waiting = found.written < found.lines;
  const problems = found.problems.map((problem) => h("li", {}, fill(T.problem, problem)));
  return section(
    T.write_heading,
    waiting ? writeHint(people, T) : "",
    waiting ? h("div", { class: "inputs" }, start, stop) : null,
    waiting ? said : null,
    wrong,
    problems.length ? [h("h3", {}, T.problems_heading), h("ul", { class: "points" }, problems)] : null,
    found.written ? studyTexts(screen, found) : null,
  );
}

const writeHint = (people, T) => (people ? T.prepare_hint : T.write_hint);

function agreement(found, T) {
  const { cell, note } = alphaCells(found.agreement, T);
  const row = (one) => [T.scales[one.scale], String(one.units), String(one.unsure), cell(one)];
  const columns = [T.scale, T.units, T.unsure, T.alpha];
  return [dataTable(T.agreement_heading, columns, found.agreement.map(row), null), note];
}

function more(screen, found) {
  const { T, settings } = screen;
  const lines = importBox(T, "study-more", settings.max_bytes);
  const wrong = faultList(T);
  const button = h("button", { type: "submit", class: "quiet" }, T.add);
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.add_heading },
    lines.node,
    ...wrong.nodes,
    h("div", { class: "form-end" }, button),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const long = lines.check();
    wrong.show({ error: long });
    if (long || isOff(button)) return;
    setOff(button, true);
    const added = await screen.ask("add_statements", { study: found.key, text: lines.text() });
    setOff(button, false);
    wrong.show(added);
    if (!added.error) screen.draw(added, true);
  });
  return section(T.add_heading, T.add_hint, form);
}

function remove(screen, found) {
  const { T } = screen;
  const word = h("input", { type: "text", autocomplete: "off" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.delete_heading },
    h(
      "div",
      { class: "inputs" },
      h("label", { class: "field" }, T.delete_confirm, word),
      h("button", { type: "submit", class: "quiet" }, T.delete),
    ),
    wrong,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const gone = await screen.ask("delete_study", { study: found.key, confirm: word.value });
    wrong.textContent = gone.error || "";
    if (!gone.error) screen.open(true);
  });
  return section(T.delete_heading, T.delete_hint, form);
}
