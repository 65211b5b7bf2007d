// A study's answers, codebook and choices as files; the server sends them as text, so that no link opens them to anyone.
import { counted, h, saveFile } from "../widgets/dom.js";
import { section } from "../widgets/section.js";

const KINDS = ["answers", "answers_xlsx", "answers_parquet", "codebook", "preferences"];

export function exporter(screen, { key, design, training }) {
  const { T } = screen;
  const comments = h("input", { type: "checkbox", id: "study-comments" });
  const lessons = h("input", { type: "checkbox", id: "study-lessons" });
  const said = h("p", { class: "fine", role: "status" });
  const kinds = KINDS.filter((what) => what !== "preferences" || design === "pairs");
  const buttons = kinds.map((what) => screen.button(T[`export_${what}`], () => save(what)));

  async function save(what) {
    const found = await screen.ask("export_study", {
      study: key,
      what,
      comments: comments.checked,
      training: lessons.checked,
    });
    if (!found.error) saveFile(found.name, found.type, found.text, found.base64);
    said.textContent = found.error || counted(T, "exported", found.rows, { name: found.name });
  }

  return section(
    T.export_heading,
    T.export_hint,
    h("label", { class: "check" }, comments, T.export_comments),
    training ? h("label", { class: "check" }, lessons, T.export_training) : null,
    h("div", { class: "inputs" }, buttons),
    said,
  );
}
