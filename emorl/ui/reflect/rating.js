// The rating form: real radio groups. It opens with a finished reflection and closes after it is saved; it opens again,
// as it was, when the counsellor then changes their own version. Every opening has a number: a double click saves once.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { radioGroup } from "../widgets/form.js";
import { missingFields } from "../widgets/missing.js";
import { keep, kept } from "../writing/keep.js";

const FIELDS = ["depth", "empathy", "fluency", "would_say"];

export function rating({ element, props, trigger, watch }) {
  const T = props.text;
  const { card, form, thanks, problem, submit, comment, consent } = layout(T);
  element.append(card);
  let id = ""; // of the reflection that is rated
  let opening = "";

  const answer = (field) => form.querySelector(`input[name=rating-${field}]:checked`)?.value;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    const missing = FIELDS.filter((field) => !answer(field));
    problem.textContent = missingFields(missing, T);
    if (missing.length) {
      form.querySelector(`#rating-${missing[0]} input`).focus();
      return;
    }
    submit.disabled = true;
    const answers = Object.fromEntries(FIELDS.map((field) => [field, answer(field)]));
    trigger("submit", { id, opening, comment: comment.value, consent: consent.checked, ...answers });
  });

  form.addEventListener("input", () => {
    const answers = FIELDS.map((field) => [field, answer(field)]);
    keep("rating", { id, answers, comment: comment.value, consent: consent.checked });
  });

  // What was answered before a reload.
  function refill() {
    const draft = kept("rating");
    if (draft?.id !== id) return;
    for (const [field, value] of draft.answers) {
      for (const input of form.querySelectorAll(`input[name=rating-${field}]`)) input.checked = input.value === value;
    }
    comment.value = draft.comment;
    consent.checked = draft.consent;
  }

  function open() {
    opening = crypto.getRandomValues(new Uint32Array(1))[0].toString(16);
    card.hidden = form.hidden = submit.disabled = false;
    thanks.replaceChildren();
  }

  hear(COMMAND.edited, (about) => {
    if (about.id !== id || card.hidden || !form.hidden) return; // there is no saved rating that it belongs to
    open();
    thanks.append(h("p", { class: "fine" }, T.changed));
  });

  function show(value) {
    if (value?.run !== undefined && value.run !== last(STATE.run)) return; // of a run that another has replaced
    const phase = value?.phase || "closed";
    submit.disabled = false;
    card.hidden = phase === "closed";
    form.hidden = phase === "saved";
    thanks.replaceChildren();
    problem.textContent = phase === "error" ? value.message : "";
    if (phase === "open") {
      form.reset();
      id = value.id;
      refill();
      open();
    }
    if (phase === "saved") saved(value.rater);
  }

  function saved(rater) {
    tell(COMMAND.rated);
    keep("rating", null);
    thanks.append(
      h("p", { class: "thanks-line", tabindex: "-1" }, T.saved),
      h("p", { class: "fine" }, T.saved_hint),
      rater ? h("p", { class: "fine" }, fill(T.rater, { rater })) : "",
    );
    thanks.firstChild.focus();
  }

  watch("value", () => show(props.value));
  show(props.value);
}

function layout(T) {
  const thanks = h("div", { class: "thanks", role: "status" });
  const problem = h("p", { class: "error", role: "alert" });
  const submit = h("button", { type: "submit", class: "primary" }, T.submit);
  const comment = h("textarea", {
    id: "rating-comment",
    rows: 3,
    autocomplete: "off",
    "aria-describedby": "rating-comment-help",
  });
  const tick = { type: "checkbox", id: "rating-consent", "aria-describedby": "rating-consent-help" };
  const consent = h("input", tick);
  const groups = FIELDS.map((field) =>
    radioGroup({ id: `rating-${field}`, legend: T[field], help: T[`${field}_help`], options: T[`${field}_options`] }),
  );
  const form = h(
    "form",
    { novalidate: true, "aria-labelledby": "rating-heading" },
    h("p", { class: "fine" }, T.hint),
    h("div", { class: "fields" }, groups),
    h("label", { class: "field-label", for: "rating-comment" }, T.comment),
    h("p", { class: "fine", id: "rating-comment-help" }, T.comment_help),
    comment,
    h(
      "div",
      { class: "consent" },
      consent,
      h(
        "div",
        {},
        h("label", { for: "rating-consent" }, T.consent),
        h("p", { class: "fine", id: "rating-consent-help" }, T.consent_help),
      ),
    ),
    problem,
    h("div", { class: "form-end" }, submit),
  );
  const card = h(
    "section",
    { class: "card rating", hidden: true, "aria-labelledby": "rating-heading" },
    h("h2", { class: "title", id: "rating-heading" }, T.heading),
    form,
    thanks,
  );
  return { card, form, thanks, problem, submit, comment, consent };
}
