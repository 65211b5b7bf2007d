// The rating form: real radio groups. It opens with a finished reflection and closes after it is saved; it opens again,
// as it was, when the counsellor then changes their own version. Every opening has a number: a double click saves once.
// Where the sliders have led to another text, the form is that text's: each keeps what was answered for it.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { radioGroup } from "../widgets/form.js";
import { missingFields, pointOut } from "../widgets/missing.js";
import { keep, kept } from "../writing/keep.js";

const FIELDS = ["depth", "empathy", "fluency", "would_say"];

export function rating({ element, props, trigger, watch }) {
  const T = props.text;
  const { card, form, thanks, problem, submit, comment, consent } = layout(T);
  element.append(card);
  const forms = new Map(); // by text: answers, and the rater once they are saved
  let about = null; // the text that is rated
  let sent = ""; // the text whose rating was sent last
  let opening = "";

  const answer = (field) => form.querySelector(`input[name=rating-${field}]:checked`)?.value;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isOff(submit)) return;
    const missing = FIELDS.filter((field) => !answer(field));
    problem.textContent = missingFields(missing, T);
    if (missing.length) {
      pointOut(problem, form.querySelector(`#rating-${missing[0]}`));
      return;
    }
    setOff(submit, true);
    sent = keyOf(about);
    const { id, weights, text } = about;
    trigger("submit", { id, weights, text, opening, ...read() });
  });

  form.addEventListener("input", () => keep("rating", { id: about?.id, ...read() }));

  function read() {
    const answers = Object.fromEntries(FIELDS.map((field) => [field, answer(field)]));
    return { ...answers, comment: comment.value, consent: consent.checked };
  }

  function write(found) {
    form.reset();
    if (!found) return;
    for (const field of FIELDS) {
      const input = form.querySelector(`input[name=rating-${field}][value="${found[field]}"]`);
      if (input) input.checked = true;
    }
    comment.value = found.comment;
    consent.checked = found.consent;
  }

  // Another text is shown: its own answers, if it has any.
  function turn([next = null]) {
    const other = next && keyOf(next) !== keyOf(about);
    if (other && about) forms.set(keyOf(about), { ...forms.get(keyOf(about)), ...read() });
    about = next || about;
    if (!other || card.hidden) return;
    const known = forms.get(keyOf(about));
    problem.textContent = "";
    write(known);
    if (known?.rater === undefined) open();
    else saved(known.rater, false);
  }

  function open() {
    opening = crypto.getRandomValues(new Uint32Array(1))[0].toString(16);
    card.hidden = form.hidden = false;
    setOff(submit, false);
    thanks.replaceChildren();
  }

  hear(COMMAND.edited, (edited) => {
    const own = about?.id === edited.id && about.text === edited.original;
    if (!own || card.hidden || !form.hidden) return; // there is no saved rating that it belongs to
    forms.delete(keyOf(about));
    open();
    thanks.append(h("p", { class: "fine" }, T.changed));
  });

  function show(value) {
    const phase = value?.phase || "closed";
    if (phase === "saved") {
      tell(COMMAND.rated);
      keep("rating", null);
      forms.set(sent, { ...forms.get(sent), rater: value.rater });
    }
    const answered = phase === "saved" || phase === "error";
    if (answered && sent !== keyOf(about)) return; // of a text that was shown before
    setOff(submit, false);
    card.hidden = phase === "closed";
    form.hidden = false;
    thanks.replaceChildren();
    form.lastChild.before(problem);
    problem.textContent = phase === "error" ? value.message : "";
    if (phase === "closed") forms.clear();
    if (phase === "open") begin(value.id);
    if (phase === "saved") saved(value.rater);
  }

  // A reflection was finished, or brought back.
  function begin(id) {
    form.reset();
    if (about?.id !== id) about = { id, weights: null, text: null };
    forms.delete(keyOf(about));
    if (kept("rating")?.id === id) write(kept("rating")); // begun before a reload
    open();
  }

  function saved(rater, focus = true) {
    form.hidden = true;
    thanks.replaceChildren();
    thanks.append(
      h("p", { class: "thanks-line", tabindex: "-1" }, T.saved),
      h("p", { class: "fine" }, T.saved_hint),
      rater ? h("p", { class: "fine" }, fill(T.rater, { rater })) : "",
    );
    if (focus) focusIn(card, thanks.firstChild);
  }

  hear(STATE.texts, turn);
  watch("value", () => {
    if (!isReplaced(props.value)) show(props.value);
  });
  show(props.value);
}

// Focuses a part of the card and shows the card with its heading, which a text that lies over the page would cover.
function focusIn(card, part) {
  const showCard = () => card.scrollIntoView({ block: "nearest" });
  part.focus({ preventScroll: true });
  showCard();
  requestAnimationFrame(() => requestAnimationFrame(showCard)); // when that text has moved
}

// Whether this belongs to a run of Generate that another has replaced.
const isReplaced = (value) => value?.run !== undefined && value.run !== last(STATE.run);

const keyOf = (about) => about && `${about.id} ${about.text}`;

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
