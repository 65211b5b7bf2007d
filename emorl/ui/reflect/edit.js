// The counsellor's own version of a reflection: written beside the original, kept by the server for the rating.
import { COMMAND, tell } from "../events.js";
import { h } from "../widgets/dom.js";
import { request } from "../widgets/server.js";

// `onClose` is called when the box is closed by a button. Returns {node, begin, open, close}.
export function editor({ props, server }, onClose) {
  const T = props.text;
  const view = layout(T);
  const { box, problem, keep, remove, cancel, form, kept, version, said } = view;
  let result = null;

  async function save(text) {
    keep.disabled = remove.disabled = true;
    const about = result;
    let wrong;
    try {
      wrong = await request(server, "keep_edit", { id: about.id, text });
    } catch {
      wrong = T.edit_failed;
    }
    keep.disabled = remove.disabled = false;
    if (about !== result) return; // another reflection came meanwhile
    problem.textContent = wrong;
    if (wrong) return;
    about.edited = text;
    show();
    said.textContent = text ? T.edit_kept : "";
    tell(COMMAND.edited, { id: about.id, text });
    onClose();
  }

  function show() {
    form.hidden = true;
    kept.hidden = !result?.edited;
    version.textContent = result?.edited || "";
    said.textContent = "";
  }

  keep.addEventListener("click", () => save(box.value.trim() === result.text ? "" : box.value.trim()));
  remove.addEventListener("click", () => save(""));
  cancel.addEventListener("click", () => {
    show();
    onClose();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel.click();
  });

  return {
    node: view.node,
    begin(value) {
      result = value;
      problem.textContent = "";
      show();
    },
    open() {
      problem.textContent = "";
      box.value = result.edited || result.text;
      form.hidden = false;
      kept.hidden = true;
      box.focus();
    },
    close() {
      if (!form.hidden) show();
    },
  };
}

function layout(T) {
  const box = h("textarea", {
    id: "edit-box",
    rows: 4,
    spellcheck: "true",
    autocomplete: "off",
    "aria-describedby": "edit-help",
  });
  const problem = h("p", { class: "error", role: "alert" });
  const version = h("p", { class: "base-text", id: "edited-text" });
  const said = h("p", { class: "fine", role: "status" });
  const remove = h("button", { type: "button", class: "quiet" }, T.edit_remove);
  const keep = h("button", { type: "button", class: "primary" }, T.edit_keep);
  const cancel = h("button", { type: "button", class: "quiet" }, T.edit_cancel);
  const form = h(
    "div",
    { class: "edit-form", hidden: true },
    h("label", { class: "field-label", for: "edit-box" }, T.edit_label),
    h("p", { class: "fine", id: "edit-help" }, T.edit_help),
    box,
    problem,
    h("div", { class: "edit-end" }, keep, cancel),
  );
  const kept = h(
    "section",
    { class: "edit-kept", hidden: true, "aria-labelledby": "edited-heading" },
    h("div", { class: "card-head" }, h("h3", { id: "edited-heading" }, T.edit_label), remove),
    version,
    said,
  );
  return {
    node: h("div", { class: "edit" }, form, kept),
    box,
    problem,
    keep,
    remove,
    cancel,
    form,
    kept,
    version,
    said,
  };
}
