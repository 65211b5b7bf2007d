// What would be written without an objective, and fair shares of the scores; both only when a button asks for them.
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { signed, sum } from "../widgets/numbers.js";
import { request } from "../widgets/server.js";
import { dataTable } from "../widgets/table.js";
import { markNew } from "./word_diff.js";

// `got` hears every answer of the server.
export function coalitionCard(facts, { about, server, got }, T) {
  const out = h("div", {});
  const status = h("p", { class: "fine variants-status", role: "status" });
  const button = (every, label) => h("button", { type: "button", class: "chip", onclick: () => ask(every) }, label);
  const buttons = [button(false, T.without_button), button(true, T.shapley_button)];

  async function ask(every) {
    if (buttons.some(isOff)) return;
    for (const one of buttons) setOff(one, true);
    status.textContent = T.writing_variants;
    let answer;
    try {
      answer = await request(server, "variants", { ...about, every });
    } catch {
      answer = { phase: "error", message: T.unavailable };
    }
    for (const one of buttons) setOff(one, false);
    status.textContent = answer.phase === "done" ? T.variants_done : "";
    show(answer, every);
  }

  function show(answer, every) {
    if (answer.phase !== "done") {
      out.replaceChildren(h("p", { class: "error", role: "alert" }, answer.message));
      return;
    }
    got(answer);
    out.replaceChildren(without(answer, facts, T), every ? fairShares(answer, facts, T) : "");
  }

  return h(
    "section",
    { class: "card", "aria-labelledby": "without-title" },
    h("h2", { class: "title", id: "without-title" }, T.without_title),
    h("p", { class: "fine" }, T.without_hint),
    h("div", { class: "chips" }, buttons),
    h("p", { class: "fine" }, fill(T.shapley_cost, { n: 2 * 2 ** facts.data.parts.length - 2 })),
    status,
    out,
  );
}

// What takes the place of an objective that is left out.
const conventions = (T) => [
  ["renormalised", T.convention_renormalised],
  ["base", T.convention_base],
];

const scorer = (labels, name, T) => fill(T.scorer_column, { label: labels[name] || name });

function without(answer, { data, labels }, T) {
  const names = data.parts.map((part) => part.name);
  const variant = (name, key) =>
    answer.written.find(
      ({ convention, members }) => convention === key && members.length === names.length - 1 && !members.includes(name),
    );
  const sections = names.map((name) => {
    const heading = fill(T.without_name, { label: labels[name] });
    const replies = conventions(T).map(([key, label]) => replyWithout(variant(name, key), label, data, labels, T));
    return h("section", { "aria-label": heading }, h("h3", {}, heading), replies);
  });
  const marked = sections.some((section) => section.querySelector("mark"));
  return h("div", { class: "variants" }, sections, marked ? h("p", { class: "fine" }, T.changed_hint) : null);
}

function replyWithout({ reflection, scores }, label, data, labels, T) {
  const told = Object.entries(scores).map(([name, score]) => `${scorer(labels, name, T)} ${score.toFixed(2)}`);
  const text = reflection === data.reflection ? [T.same_text] : markNew(reflection, data.reflection);
  return h(
    "div",
    { class: "variant" },
    h("p", { class: "fine" }, label),
    h("p", { class: "variant-text", dir: "auto" }, ...text),
    h("p", { class: "fine" }, told.join(" · ")),
  );
}

function fairShares({ shapley }, { data, labels }, T) {
  const names = data.parts.map((part) => part.name);
  const scorers = Object.keys(shapley.base);
  const columns = [T.overall_part, ...scorers.map((name) => scorer(labels, name, T))];
  const tables = conventions(T).map(([key, label]) => {
    const share = (one, name) => shapley[key][one][name];
    const rows = names.map((name) => [labels[name], ...scorers.map((one) => signed(share(one, name)))]);
    const totals = scorers.map((one) => signed(sum(names.map((name) => share(one, name)))));
    const table = dataTable(`${T.shapley_heading}. ${label}`, columns, [...rows, [T.shapley_sum, ...totals]]);
    return h("div", {}, h("p", { class: "table-title" }, label), table);
  });
  return h("div", { class: "fair" }, h("h3", {}, T.shapley_heading), h("p", { class: "fine" }, T.shapley_hint), tables);
}
