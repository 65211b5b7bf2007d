// The visit: what was tried and what the checks said, and the sheet for supervision. Kept in this page only.
import { fill, h, saveFile } from "../widgets/dom.js";
import { request } from "../widgets/server.js";
import { dataTable } from "../widgets/table.js";

export function visitCard(T, server) {
  const tries = [];
  const table = h("div", {}, h("p", { class: "fine" }, T.visit_none));
  const count = h("p", {});
  const texts = h("input", { type: "checkbox", id: "practise-texts", checked: true });
  const said = h("p", { class: "fine", role: "status" });
  const save = (kind) => async () => {
    try {
      const found = await request(server, "sheet", { kind, texts: texts.checked, tries: tries.map(forSheet) });
      if (found.error) {
        said.textContent = found.error;
        return;
      }
      saveFile(found.name, found.type, bytes(found.data));
      said.textContent = fill(T.sheet_saved, found);
    } catch {
      said.textContent = T.sheet_failed;
    }
  };
  const button = (kind) => {
    const id = `practise-${kind}`;
    return h("button", { type: "button", class: "secondary", id, onclick: save(kind) }, T[`sheet_${kind}`]);
  };
  const sheet = h(
    "div",
    { class: "practise-sheet", hidden: true },
    h("h3", {}, T.sheet_title),
    h("p", { class: "fine" }, T.sheet_hint),
    h("label", { class: "check" }, texts, T.sheet_texts),
    h("div", { class: "practise-end" }, button("pdf"), button("csv")),
    said,
  );
  const node = h(
    "section",
    { class: "card", id: "practise-visit", "aria-labelledby": "practise-visit-title" },
    h("h2", { class: "title", id: "practise-visit-title" }, T.visit_title),
    h("p", { class: "fine" }, T.visit_hint),
    count,
    table,
    sheet,
  );

  function add(one) {
    tries.push(one);
    sheet.hidden = false;
    const heads = one.reading.lines.map(({ head }) => head);
    const rows = tries.map((each) => [
      `${caseName(each, T)}, ${fill(T.try_name, { n: each.number })}`,
      ...each.reading.lines.map(({ short }) => short),
    ]);
    table.replaceChildren(dataTable(T.visit_table, [T.column_case, ...heads], rows, "data words-table"));
    const statements = new Set(tries.map(({ statement }) => statement)).size;
    const some = (n, name) => fill(n === 1 ? T[`${name}_one`] : T[name], { n });
    count.textContent = fill(T.visit_count, { tries: some(tries.length, "tries"), cases: some(statements, "cases") });
  }
  return { node, add };
}

const caseName = ({ about_case: found }, T) => (found ? T.topics[found.topic] || found.topic : T.own_case);

function forSheet({ about_case: found, statement, reply, number, reading }) {
  return {
    case: found?.id || "",
    topic: found?.topic || "",
    stage: found?.stage || "",
    difficulty: found ? String(found.difficulty) : "",
    number,
    statement,
    reflection: reply,
    said: Object.fromEntries(reading.lines.map(({ kind, short }) => [kind, short])),
  };
}

const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
