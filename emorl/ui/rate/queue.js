// The Rate screen: notice, one item at a time, what wrote it (only after the answer), the end of the queue.
const RUBRIC = ["depth", "empathy", "fluency", "would_say"];
const card = h("section", { class: "card queue", "aria-labelledby": "queue-heading" });
const live = h("p", { class: "sr", role: "status" });
element.append(card, live);
let task = null; // the item on the screen, with its rater, assignment and token
let fields = [];
let timer = 0;
let busy = false;

const say = (words) => { live.textContent = words; };
const heading = (words) => h("h2", { class: "title", id: "queue-heading", tabindex: "-1" }, words);
const problem = () => card.querySelector(".error");

async function ask(name, more) {
  try {
    return await request(name, { rater: task.rater, assignment: task.assignment, token: task.token, ...more });
  } catch (error) {
    return { phase: "error", message: T.offline };
  }
}

function fail(message) {
  const place = problem();
  if (place) { place.textContent = ""; place.textContent = message; }
}

function notice() {
  const tick = h("input", { type: "checkbox", id: "queue-consent" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h("form", { novalidate: true, "aria-label": T.consent_heading },
    heading(T.consent_heading),
    h("ul", { class: "points" }, T.consent_points.map((point) => h("li", {}, point))),
    h("div", { class: "consent" }, tick, h("label", { for: "queue-consent" }, T.consent_tick)),
    wrong,
    h("div", { class: "form-end" }, h("button", { type: "submit", class: "primary" }, T.start)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = tick.checked ? "" : T.consent_missing;
    if (tick.checked) trigger("submit", {});
    else tick.focus();
  });
  card.replaceChildren(form);
}

function group(field, options, type, help) {
  const name = "queue-" + field;
  return h("fieldset", { id: name, class: field === "flags" ? "flags" : null, "aria-describedby": help ? name + "-help" : null },
    h("legend", {}, T[field]),
    help ? h("p", { class: "fine", id: name + "-help" }, help) : null,
    h("div", { class: type === "radio" ? "options" : "checks" }, options.map(([value, label], i) => type === "radio"
      ? h("label", { class: "option" }, h("input", { type, name, value }),
          h("span", {}, label, h("span", { class: "key", "aria-hidden": "true" }, String(i + 1))))
      : h("label", { class: "check" }, h("input", { type, name, value }), label))));
}

function progress(done, total) {
  return h("div", { class: "queue-progress" },
    h("div", { class: "mixbar", role: "progressbar", "aria-label": T.progress_label, "aria-valuemin": 0, "aria-valuemax": total,
      "aria-valuenow": done, "aria-valuetext": fill(T.progress, { done, total }) },
      h("span", { class: "done-part", vars: { width: (total ? 100 * done / total : 0) + "%" } })),
    h("span", { class: "fine" }, fill(T.progress, { done, total })));
}

function passage(label, words, id) {
  return h("section", { class: "passage", "aria-labelledby": id }, h("h3", { id }, label), h("p", { class: "words" }, words));
}

function texts() {
  if (task.texts.length === 1) return h("div", { class: "sides" }, passage(T.single, task.texts[0], "queue-single"));
  return h("div", { class: "sides" }, passage(T.left, task.texts[0], "queue-left"), passage(T.right, task.texts[1], "queue-right"));
}

function undoButton() {
  const button = h("button", { type: "button", class: "quiet" }, T.undo);
  button.addEventListener("click", async () => { if (!busy) { busy = true; after(await ask("undo_answer")); } });
  return button;
}

function item(found, focus) {
  task = found;
  fields = task.texts.length === 2 ? ["choice"] : RUBRIC;
  const comment = h("textarea", { id: "queue-comment", rows: 2, maxlength: props.settings.max_comment, autocomplete: "off",
    "aria-describedby": "queue-comment-help" });
  const saved = h("span", { class: "fine saved" });
  const skip = h("button", { type: "button", class: "quiet" }, T.skip);
  const form = h("form", { novalidate: true, id: "queue-form", "aria-label": T.heading },
    h("div", { class: "fields" }, fields.map((field) => group(field, Object.entries(T[field + "_options"]), "radio", T[field + "_help"]))),
    group("flags", Object.entries(T.flags_options), "checkbox", fields[0] === "choice" ? T.flags_help : ""),
    h("label", { class: "field-label", for: "queue-comment" }, T.comment),
    h("p", { class: "fine", id: "queue-comment-help" }, T.comment_help),
    comment,
    h("p", { class: "fine keys" }, T.keys),
    h("p", { class: "error", role: "alert" }),
    h("div", { class: "form-end queue-actions" },
      h("button", { type: "submit", class: "primary" }, T.submit), skip, task.undo ? undoButton() : null, saved));
  card.replaceChildren(
    h("div", { class: "card-head" }, heading(T.heading), progress(task.done, task.total)),
    passage(T.statement, task.statement, "queue-statement"), texts(), form, skipForm(form));
  fillIn(task.draft);
  mark();
  form.addEventListener("change", () => { mark(); later(saved); });
  comment.addEventListener("input", () => later(saved));
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  skip.addEventListener("click", () => {
    form.hidden = true;
    const other = card.querySelector("#queue-skip-form");
    other.hidden = false;
    other.querySelector("input").focus();
  });
  if (focus) card.querySelector("h2").focus();
}

function fillIn(draft) {
  for (const field of fields) {
    for (const input of inputs(field)) input.checked = input.value === draft[field];
  }
  for (const input of inputs("flags")) input.checked = (draft.flags || []).includes(input.value);
  card.querySelector("#queue-comment").value = draft.comment || "";
}

const inputs = (field) => [...card.querySelectorAll("input[name=queue-" + field + "]")];
const answer = (field) => inputs(field).find((input) => input.checked)?.value;

function answers() {
  const found = { comment: card.querySelector("#queue-comment").value };
  found.flags = inputs("flags").filter((input) => input.checked).map((input) => input.value);
  for (const field of fields) if (answer(field)) found[field] = answer(field);
  return found;
}

// The question that number keys answer: the one with the focus, else the first without an answer.
function current() {
  const focused = document.activeElement?.closest?.("fieldset[id]")?.id.replace("queue-", "");
  if (fields.includes(focused)) return focused;
  return fields.find((field) => !answer(field)) || fields[fields.length - 1];
}

function mark() {
  const now = current();
  for (const field of fields) card.querySelector("#queue-" + field)?.classList.toggle("current", field === now);
}

function later(saved) {
  clearTimeout(timer);
  saved.textContent = T.draft_saving;
  const token = task.token;
  timer = setTimeout(async function save() {
    if (!task || task.token !== token || busy || !saved.isConnected) return;
    const found = await ask("save_draft", { answers: answers() });
    if (!saved.isConnected) return;
    saved.textContent = found.phase === "draft" ? T.draft_saved : T.draft_failed;
    if (found.phase !== "draft") timer = setTimeout(save, 4000);
  }, 500);
}

function submit() {
  if (busy) return;
  const missing = fields.filter((field) => !answer(field));
  fail(missing.length ? fill(T.missing, { fields: missing.map((f) => T[f].toLowerCase().replace("?", "")).join(", ") }) : "");
  if (missing.length) { inputs(missing[0])[0].focus(); mark(); return; }
  send(answers());
}

async function send(given) {
  busy = true;
  clearTimeout(timer);
  say(T.sending);
  after(await ask("submit_answer", { answers: given }));
}

function skipForm(form) {
  const note = h("p", { class: "error", role: "alert" });
  const other = h("form", { hidden: true, novalidate: true, id: "queue-skip-form", "aria-label": T.skip },
    h("fieldset", {}, h("legend", {}, T.skip_legend),
      h("div", { class: "checks" }, Object.entries(T.skip_options).map(([value, label]) =>
        h("label", { class: "check" }, h("input", { type: "radio", name: "queue-skip", value }), label)))),
    note,
    h("div", { class: "form-end queue-actions" },
      h("button", { type: "submit", class: "primary" }, T.skip_confirm),
      h("button", { type: "button", class: "quiet", onclick: () => { other.hidden = true; form.hidden = false; form.querySelector("input").focus(); } },
        T.skip_cancel)));
  other.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    note.textContent = answer("skip") ? "" : T.skip_missing;
    if (answer("skip")) send({ skip: answer("skip"), comment: card.querySelector("#queue-comment").value });
  });
  return other;
}

function stored(found) {
  const skipped = found.phase === "skipped";
  const settings = h("div", { class: "settings", role: "status" });
  const reveal = h("button", { type: "button", class: "quiet" }, T.reveal);
  const next = h("button", { type: "button", class: "primary" }, T.next);
  task.token = found.token;
  reveal.addEventListener("click", async () => {
    const shown = await ask("reveal_settings");
    if (shown.phase !== "revealed") { fail(shown.message); return; }
    const labels = shown.settings.length === 2 ? [T.reveal_left, T.reveal_right] : [T.reveal_single];
    settings.replaceChildren(...shown.settings.map((setting, i) => h("p", {}, fill(labels[i], { setting }))),
      h("p", { class: "fine" }, T.reveal_note));
    reveal.hidden = true;
    next.focus();
  });
  next.addEventListener("click", async () => { if (!busy) { busy = true; after(await ask("next_item")); } });
  card.replaceChildren(
    h("div", { class: "card-head" }, heading(T.heading), progress(found.done, found.total)),
    passage(T.statement, task.statement, "queue-statement"), texts(),
    h("p", { class: "thanks-line" }, skipped ? T.skipped : T.submitted),
    settings,
    h("p", { class: "error", role: "alert" }),
    h("div", { class: "form-end queue-actions" }, next, skipped ? null : reveal, undoButton()));
  say(skipped ? T.skipped : T.submitted);
  tell("rated", {});
  next.focus();
}

function finished(found) {
  task = { rater: found.rater };
  card.replaceChildren(
    h("div", { class: "card-head" }, heading(T.done_heading), progress(found.done, found.total)),
    h("p", { class: "queue-end" }, fill(T.done_body, found)),
    h("p", { class: "fine" }, fill(T.rater, { rater: found.rater })),
    h("p", { class: "error", role: "alert" }),
    found.undo ? h("div", { class: "form-end" }, undoButton()) : null);
  card.querySelector("h2").focus();
}

// Another screen has sent an item here; whoever is at the end of the queue goes on with it.
hear("sent", async () => { if (card.querySelector(".queue-end") && !busy) { busy = true; after(await ask("next_item")); } });

function after(found) {
  busy = false;
  if (found.phase === "error") {
    say("");
    for (const place of card.querySelectorAll("form:not([hidden]) .error, .card > .error")) place.textContent = found.message;
  } else if (found.phase === "item") { say(""); item(found, true); }
  else if (found.phase === "done") finished(found);
  else if (found.phase === "consent") notice();
  else stored(found);
}

// Number keys work while the focus is in the form, and rest in text fields.
card.addEventListener("keydown", (event) => {
  const form = card.querySelector("#queue-form");
  if (!form || form.hidden || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea")) return;
  const choice = /^[1-9]$/.test(event.key) ? inputs(current())[Number(event.key) - 1] : null;
  if (!choice) return;
  event.preventDefault();
  choice.checked = true;
  choice.focus();
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  const next = fields.find((field) => !answer(field));
  if (next) inputs(next)[0].focus();
  else form.querySelector("button[type=submit]").focus();
  mark();
});
card.addEventListener("focusin", () => { if (card.querySelector("#queue-form")) mark(); });

function show(value) {
  const phase = (value && value.phase) || "loading";
  if (phase === "loading") card.replaceChildren(heading(T.heading), h("p", { class: "fine" }, T.loading));
  else if (phase === "item") item(value, document.activeElement?.closest?.(".queue"));
  else if (phase === "done") finished(value);
  else if (phase === "error" && !problem()) card.replaceChildren(heading(T.heading), h("p", { class: "error", role: "alert" }, value.message));
  else if (phase === "error") fail(value.message);
  else notice();
}

// Something was sent to the queue from another screen: a finished queue goes on.
const goOn = async () => { if (task && !task.token && !busy) after(await ask("next_item")); };
hear("sent", goOn);

watch("value", () => show(props.value));
show(props.value);
if (told.sent) goOn();
