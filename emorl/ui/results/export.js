// Ratings and queue answers as files; the server sends them as text, so that no link opens them to anyone.
import { counted, fill, h, saveFile } from "../widgets/dom.js";
import { section } from "../widgets/section.js";

export function exporter(screen) {
  const { T } = screen;
  const comments = h("input", { type: "checkbox", id: "results-comments" });
  const said = h("p", { class: "fine", role: "status" });
  const kinds = [
    ["ratings", "csv", fill(T.export_csv, { what: T.export_ratings })],
    ["ratings", "json", fill(T.export_json, { what: T.export_ratings })],
    ["queue", "csv", fill(T.export_csv, { what: T.export_queue })],
    ["queue", "json", fill(T.export_json, { what: T.export_queue })],
  ];
  const buttons = kinds.map(([what, kind, label]) =>
    h("button", { type: "button", class: "quiet", onclick: () => save(what, kind) }, label),
  );

  async function save(what, kind) {
    const found = await screen.ask("export_data", { what, kind, comments: comments.checked });
    if (found.error) {
      said.textContent = found.error;
      return;
    }
    saveFile(found.name, found.type, found.text);
    said.textContent = counted(T, "exported", found.rows, { name: found.name });
  }

  return section(
    T.export_heading,
    T.export_hint,
    h("label", { class: "check" }, comments, T.export_comments),
    h("div", { class: "inputs" }, buttons),
    said,
  );
}
