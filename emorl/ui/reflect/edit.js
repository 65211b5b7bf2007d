// The counsellor's own version of a text: written beside the original, kept by the server for the rating. Each text that
// the sliders lead to has a version of its own.
import { COMMAND, tell } from "../events.js";
import { h, isOff, setOff } from "../widgets/dom.js";
import { request } from "../widgets/server.js";

// `onClose` is called when the box is closed by a button. Returns {node, begin, open}.
export function editor({ props, server }, onClose) {
  const T = props.text;
  const view = layout(T);
  const { box, problem, keep, remove, cancel, form, kept, version, said } = view;
  const versions = new Map(); // by text
  let shown = null; // {id, weights, text, edited}

  function busy(is) {
    for (const button of [keep, remove]) setOff(button, is);
  }

  async function save(text) {
    if (isOff(keep)) return;
    busy(true);
    const about = shown;
    const { id, weights, text: original } = about;
    let wrong;
    try {
      wrong = await request(server, "keep_edit", { id, weights, original, text });
    } catch {
      wrong = T.edit_failed;
    }
    busy(false);
    if (!wrong) versions.set(keyOf(about), text);
    if (keyOf(about) !== keyOf(shown)) return; // another text came meanwhile
    problem.textContent = wrong;
    if (wrong) return;
    shown.edited = text;
    show();
    said.textContent = text ? T.edit_kept : "";
    tell(COMMAND.edited, { id, weights, original, text });
    onClose();
  }

  function show() {
    form.hidden = true;
    kept.hidden = !shown?.edited;
    version.textContent = shown?.edited || "";
    said.textContent = "";
  }

  keep.addEventListener("click", () => save(box.value.trim() === shown.text ? "" : box.value.trim()));
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
    // Another text is shown, or the same one at other weights, or none.
    begin(about) {
      const same = about && keyOf(about) === keyOf(shown);
      shown = about && { ...about, edited: versions.get(keyOf(about)) ?? about.edited };
      if (same) return;
      problem.textContent = "";
      show();
    },
    open() {
      problem.textContent = "";
      box.value = shown.edited || shown.text;
      form.hidden = false;
      kept.hidden = true;
      box.focus();
    },
  };
}

const keyOf = (about) => about && `${about.id} ${about.text}`;

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
