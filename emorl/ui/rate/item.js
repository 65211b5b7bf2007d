// The form of one item: the questions, the draft that is kept while they are answered, the keys, and the way to skip it.
import { h } from "../widgets/dom.js";
import { checkGroup, radioGroup } from "../widgets/form.js";
import { missingFields, pointOut } from "../widgets/missing.js";
import { Marker } from "./marks.js";
import { sidesOf } from "./passages.js";

const UNSURE = "unsure"; // the option of every question that stands for no answer
const RUBRIC = ["depth", "empathy", "fluency", "would_say"];
const DRAFT_PAUSE_MS = 500;
const DRAFT_RETRY_MS = 4000;

// What may be wrong with a text; of a pair with that on one side.
function flagGroup(side, T) {
  const options = Object.entries(T.flags_options).map(([flag, label]) => [side ? `${side}:${flag}` : flag, label]);
  return checkGroup({
    id: side ? `queue-flags-${side}` : "queue-flags",
    legend: side ? T[`flags_${side}`] : T.flags,
    options: Object.fromEntries(options),
    style: "flags",
  });
}

export class ItemForm {
  // `screen` asks the server; `undo` is the button that takes the last answer back, or null.
  constructor(screen, task, undo) {
    this.screen = screen;
    this.T = screen.T;
    this.task = task;
    this.fields = task.texts.length === 2 ? ["choice"] : RUBRIC;
    this.timer = 0;
    this.comment = h("textarea", {
      id: "queue-comment",
      rows: 2,
      maxlength: screen.maxComment,
      autocomplete: "off",
      "aria-describedby": "queue-comment-help",
    });
    this.saved = h("span", { class: "fine saved" });
    this.problem = h("p", { class: "error", role: "alert" });
    this.markers = sidesOf(task).map((side, k) => new Marker(side, task.texts[k], this.T));
    for (const marker of this.markers) marker.changed = () => this.saveLater();
    this.node = this.layout(undo);
    this.skip = this.skipForm();
    this.node.addEventListener("change", () => {
      this.mark();
      this.saveLater();
    });
    this.comment.addEventListener("input", () => this.saveLater());
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  layout(undo) {
    const { T, fields } = this;
    const question = (field) =>
      radioGroup({
        id: `queue-${field}`,
        legend: T[field],
        help: T[`${field}_help`],
        options: T[`${field}_options`],
        anchors: T[`${field}_anchors`],
        unsure: [UNSURE, T.unsure],
        keys: true,
      });
    const flags = fields[0] === "choice" ? ["left", "right"].map((side) => flagGroup(side, T)) : [flagGroup("", T)];
    const skip = h("button", { type: "button", class: "quiet", onclick: () => this.turn(true) }, T.skip);
    return h(
      "form",
      { novalidate: true, id: "queue-form", "aria-label": T.heading },
      h("div", { class: "fields" }, fields.map(question)),
      h("div", { class: "flag-sides" }, flags),
      h("label", { class: "field-label", for: "queue-comment" }, T.comment),
      h("p", { class: "fine", id: "queue-comment-help" }, T.comment_help),
      this.comment,
      h("p", { class: "fine keys" }, T.keys),
      this.problem,
      h(
        "div",
        { class: "form-end queue-actions" },
        h("button", { type: "submit", class: "primary" }, T.submit),
        skip,
        undo,
        this.saved,
      ),
    );
  }

  // Once the form is on the page: the answers of the draft, and the mark at the first question.
  begin() {
    const { draft } = this.task;
    for (const field of this.fields) {
      for (const input of this.inputs(field)) input.checked = input.value === draft[field];
    }
    for (const input of this.flags()) input.checked = (draft.flags || []).includes(input.value);
    this.comment.value = draft.comment || "";
    for (const marker of this.markers) marker.set(draft.marks || []);
    this.mark();
  }

  inputs(field) {
    return [...this.node.querySelectorAll(`input[name=queue-${field}]`)];
  }

  flags() {
    return [...this.node.querySelectorAll(".flags input")];
  }

  answer(field) {
    return this.inputs(field).find((input) => input.checked)?.value;
  }

  answers() {
    const flags = this.flags().filter((input) => input.checked);
    const answered = this.fields.filter((field) => this.answer(field));
    return {
      comment: this.comment.value,
      flags: flags.map((input) => input.value),
      marks: this.markers.flatMap((marker) => marker.places()),
      ...Object.fromEntries(answered.map((field) => [field, this.answer(field)])),
    };
  }

  // The question that number keys answer: the one with the focus, or the first without an answer.
  current() {
    const focused = document.activeElement?.closest?.("fieldset[id]")?.id.replace("queue-", "");
    if (this.fields.includes(focused)) return focused;
    return this.fields.find((field) => !this.answer(field)) || this.fields.at(-1);
  }

  // The option of the present question that a number key stands for: "not sure" for 0.
  option(key) {
    const inputs = this.inputs(this.current());
    if (key === 0) return inputs.find((input) => input.value === UNSURE);
    return inputs.filter((input) => input.value !== UNSURE)[key - 1];
  }

  mark() {
    const now = this.current();
    for (const field of this.fields) {
      this.node.querySelector(`#queue-${field}`).classList.toggle("current", field === now);
    }
  }

  saveLater() {
    clearTimeout(this.timer);
    this.saved.textContent = this.T.draft_saving;
    this.timer = setTimeout(() => this.save(), DRAFT_PAUSE_MS);
  }

  async save() {
    const { saved, screen, T } = this;
    if (screen.form !== this || screen.busy) return;
    const found = await screen.ask("save_draft", { answers: this.answers() });
    if (!saved.isConnected) return;
    saved.textContent = found.phase === "draft" ? T.draft_saved : T.draft_failed;
    if (found.phase !== "draft") this.timer = setTimeout(() => this.save(), DRAFT_RETRY_MS);
  }

  submit() {
    if (this.screen.busy) return;
    const missing = this.fields.filter((field) => !this.answer(field));
    this.problem.textContent = missingFields(missing, this.T);
    if (missing.length) {
      pointOut(this.problem, this.node.querySelector(`#queue-${missing[0]}`));
      this.mark();
    } else this.send(this.answers());
  }

  send(answers) {
    clearTimeout(this.timer);
    this.screen.say(this.T.sending);
    this.screen.sent = answers;
    this.screen.act("submit_answer", { answers });
  }

  // Shows the way to skip in place of the form, or the form again.
  turn(skipping) {
    this.node.hidden = skipping;
    this.skip.hidden = !skipping;
    (skipping ? this.skip : this.node).querySelector("input").focus();
  }

  skipForm() {
    const { T } = this;
    const wrong = h("p", { class: "error", role: "alert" });
    const back = () => this.turn(false);
    const form = h(
      "form",
      { hidden: true, novalidate: true, id: "queue-skip-form", "aria-label": T.skip },
      checkGroup({ id: "queue-skip", legend: T.skip_legend, options: T.skip_options, type: "radio" }),
      wrong,
      h(
        "div",
        { class: "form-end queue-actions" },
        h("button", { type: "submit", class: "primary" }, T.skip_confirm),
        h("button", { type: "button", class: "quiet", onclick: back }, T.skip_cancel),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.screen.busy) return;
      const skip = form.querySelector("input:checked")?.value;
      wrong.textContent = skip ? "" : T.skip_missing;
      if (skip) this.send({ skip, comment: this.comment.value });
    });
    return form;
  }

  // Number keys and Enter work wherever the focus is in the card, but in text fields; Enter is a button's own.
  key(event) {
    const { node } = this;
    if (node.hidden || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea")) return;
    if (event.key === "Enter" && !event.target.matches("button, summary, a")) {
      event.preventDefault();
      this.submit();
      return;
    }
    const choice = /^[0-9]$/.test(event.key) ? this.option(Number(event.key)) : null;
    if (!choice) return;
    event.preventDefault();
    choice.checked = true;
    choice.focus();
    choice.dispatchEvent(new Event("change", { bubbles: true }));
    const next = this.fields.find((field) => !this.answer(field));
    (next ? this.inputs(next)[0] : node.querySelector("button[type=submit]")).focus();
    this.mark();
  }
}
