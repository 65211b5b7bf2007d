// The rating form: real radio groups. Opens with a finished reflection and closes after it is saved; it opens again, as it
// was, when the counsellor then changes their own version. Every opening has a number: a double click saves once.
const fields = ["depth", "empathy", "fluency", "would_say"];
const form = h("form", { novalidate: true, "aria-labelledby": "rating-heading" });
const card = h("section", { class: "card rating", hidden: true, "aria-labelledby": "rating-heading" },
  h("h2", { class: "title", id: "rating-heading" }, T.heading));
const thanks = h("div", { class: "thanks", role: "status" });
const problem = h("p", { class: "error", role: "alert" });
const submit = h("button", { type: "submit", class: "primary" }, T.submit);
const comment = h("textarea", { id: "rating-comment", rows: 3, maxlength: 2000, autocomplete: "off", "aria-describedby": "rating-comment-help" });
const consent = h("input", { type: "checkbox", id: "rating-consent", "aria-describedby": "rating-consent-help" });
let id = "";
let opening = "";

const groups = fields.map((field) =>
  h("fieldset", { id: "rating-" + field, "aria-describedby": "rating-" + field + "-help" },
    h("legend", {}, T[field]),
    h("p", { class: "fine", id: "rating-" + field + "-help" }, T[field + "_help"]),
    h("div", { class: "options" }, Object.entries(T[field + "_options"]).map(([value, label]) =>
      h("label", { class: "option" }, h("input", { type: "radio", name: "rating-" + field, value }), h("span", {}, label))))));

form.append(
  h("p", { class: "fine" }, T.hint),
  h("div", { class: "fields" }, groups),
  h("label", { class: "field-label", for: "rating-comment" }, T.comment),
  h("p", { class: "fine", id: "rating-comment-help" }, T.comment_help),
  comment,
  h("div", { class: "consent" }, consent,
    h("div", {}, h("label", { for: "rating-consent" }, T.consent),
      h("p", { class: "fine", id: "rating-consent-help" }, T.consent_help))),
  problem,
  h("div", { class: "form-end" }, submit));
card.append(form, thanks);
element.append(card);

const answer = (field) => form.querySelector("input[name=rating-" + field + "]:checked")?.value;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (submit.disabled) return;
  const missing = fields.filter((field) => !answer(field));
  problem.textContent = missing.length ? fill(T.missing, { fields: missing.map((f) => T[f].toLowerCase().replace("?", "")).join(", ") }) : "";
  if (missing.length) {
    form.querySelector("#rating-" + missing[0] + " input").focus();
    return;
  }
  submit.disabled = true;
  const data = { id, opening, comment: comment.value, consent: consent.checked };
  for (const field of fields) data[field] = answer(field);
  trigger("submit", data);
});

function open() {
  opening = crypto.getRandomValues(new Uint32Array(1))[0].toString(16);
  card.hidden = form.hidden = submit.disabled = false;
  thanks.replaceChildren();
}

hear("edited", (about) => {
  if (about.id !== id || card.hidden || !form.hidden) return; // there is no saved rating that it belongs to
  open();
  thanks.append(h("p", { class: "fine" }, T.changed));
});

function show(value) {
  const phase = (value && value.phase) || "closed";
  submit.disabled = false;
  card.hidden = phase === "closed";
  form.hidden = phase === "saved";
  thanks.replaceChildren();
  problem.textContent = phase === "error" ? value.message : "";
  if (phase === "open") { form.reset(); id = value.id; open(); }
  if (phase === "saved") {
    tell("rated", {});
    thanks.append(h("p", { class: "thanks-line", tabindex: "-1" }, T.saved), h("p", { class: "fine" }, T.saved_hint),
      value.rater ? h("p", { class: "fine" }, fill(T.rater, { rater: value.rater })) : "");
    thanks.firstChild.focus();
  }
}

watch("value", () => show(props.value));
show(props.value);
