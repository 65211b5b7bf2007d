// The notice at the first visit, a modal dialog; the banner's button brings it back. Only Start agrees to it.
const ID = /^[0-9a-f]{32}$/;
const drawn = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const list = (points) => h("ul", { class: "points" }, points.map((point) => h("li", {}, point)));

let rater = drawn();
let agreed = false;
const tick = h("input", { type: "checkbox", id: "welcome-consent" });
const problem = h("p", { class: "error", role: "alert" });
const id = h("code", { id: "welcome-rater" }, rater);
const copy = h("button", { type: "button", class: "quiet", onclick: () => copyText(copy, rater, id) }, T.copy);
const start = h("button", { type: "submit", class: "primary" }, T.start);
const consent = h("div", { class: "consent" }, tick, h("label", { for: "welcome-consent" }, T.consent));
const title = h("h2", { id: "welcome-title", tabindex: "-1" }, T.title);
const form = h("form", { novalidate: true, "aria-labelledby": "welcome-title" },
  h("div", { class: "welcome-body" },
    title,
    h("p", { id: "welcome-lead", class: "welcome-lead" }, T.lead),
    h("h3", {}, T.how_heading),
    h("ol", { class: "points" }, T.how.map((line) => h("li", {}, line))),
    h("h3", {}, T.limits_heading), list(T.limits),
    h("h3", {}, T.kept_heading), list(T.kept),
    h("p", { class: "rater-line" }, T.rater + " ", id, " ", copy)),
  h("div", { class: "welcome-end" }, consent, problem, h("div", { class: "form-end" }, start)));
const dialog = h("dialog", { class: "welcome", "aria-labelledby": "welcome-title", "aria-describedby": "welcome-lead" }, form);
element.append(dialog);

function open() {
  if (dialog.open) return;
  consent.hidden = agreed;
  problem.textContent = "";
  start.textContent = agreed ? T.close : T.start;
  dialog.setAttribute("closedby", agreed ? "closerequest" : "none");
  dialog.showModal(); // the page behind is inert, and the focus comes back to where it was
  title.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (agreed) { dialog.close(); return; }
  problem.textContent = tick.checked ? "" : T.missing;
  if (!tick.checked) { tick.focus(); return; }
  agreed = true;
  dialog.close();
  const first = document.querySelector(".masthead h1");
  if (first) { first.tabIndex = -1; first.focus(); }
  props.value = { phase: "agreed", rater };
  trigger("submit");
});

// Escape closes the notice once it was agreed to; before that it only says what is missing. The focus may be outside
// the page, so the document listens.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !dialog.open) return;
  event.preventDefault();
  if (agreed) { dialog.close(); return; }
  problem.textContent = T.missing;
  tick.focus();
});
dialog.addEventListener("cancel", (event) => { if (!agreed) event.preventDefault(); });
hear("welcome", open);

function show(value) {
  if (ID.test(value?.rater || "")) rater = value.rater;
  id.textContent = rater;
  if (value?.phase === "agreed") agreed = true;
  else if (value?.phase === "ask" && !agreed) open();
}

watch("value", () => show(props.value));
show(props.value);
