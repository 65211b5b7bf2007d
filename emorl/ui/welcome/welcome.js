// The notice at the first visit, a modal dialog; the banner's button brings it back. Only Start agrees to it.
import { COMMAND, hear } from "../events.js";
import { copyText, h } from "../widgets/dom.js";
import { movingExample } from "./example.js";

const RATER = /^[0-9a-f]{32}$/;

function randomRater() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// When the page loads: whether this version of the notice was agreed to before.
export function noticePhase(version, rater, agreed) {
  return { phase: agreed === version ? "agreed" : "ask", rater };
}

// What the browser keeps after Start.
export function agreement(version, notice) {
  return [notice.rater, version];
}

export function welcome({ element, props, trigger, watch }) {
  const T = props.text;
  const example = movingExample(props.settings.example, T);
  const view = layout(T, example.node);
  const { dialog, form, title, tick, problem, start, consent, id, copy } = view;
  let rater = randomRater();
  let agreed = false;
  element.append(dialog);

  function open() {
    if (dialog.open) return;
    consent.hidden = agreed;
    problem.textContent = "";
    start.textContent = agreed ? T.close : T.start;
    dialog.setAttribute("closedby", agreed ? "closerequest" : "none");
    dialog.showModal(); // the page behind is inert, and the focus comes back to where it was
    title.focus();
    example.start();
  }

  dialog.addEventListener("close", example.stop);

  function refuse() {
    problem.textContent = T.missing;
    tick.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (agreed) dialog.close();
    else if (tick.checked) agree();
    else refuse();
  });

  function agree() {
    problem.textContent = "";
    agreed = true;
    dialog.close();
    const first = document.querySelector(".masthead h1");
    if (first) first.tabIndex = -1;
    first?.focus();
    props.value = { phase: "agreed", rater };
    trigger("submit");
  }

  // Escape closes the notice once it was agreed to; before that it only says what is missing. The focus may be outside
  // the page, so the document listens.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !dialog.open) return;
    event.preventDefault();
    if (agreed) dialog.close();
    else refuse();
  });
  dialog.addEventListener("cancel", (event) => {
    if (!agreed) event.preventDefault();
  });
  copy.addEventListener("click", () => copyText(copy, rater, id, T.copied));
  hear(COMMAND.welcome, open);

  function show(value) {
    if (RATER.test(value?.rater || "")) rater = value.rater;
    id.textContent = rater;
    if (value?.phase === "agreed") agreed = true;
    else if (value?.phase === "ask" && !agreed) open();
  }

  watch("value", () => show(props.value));
  show(props.value);
}

function layout(T, example) {
  const tick = h("input", { type: "checkbox", id: "welcome-consent" });
  const problem = h("p", { class: "error", role: "alert" });
  const id = h("code", { id: "welcome-rater" });
  const copy = h("button", { type: "button", class: "quiet" }, T.copy);
  const start = h("button", { type: "submit", class: "primary" }, T.start);
  const consent = h("div", { class: "consent" }, tick, h("label", { for: "welcome-consent" }, T.consent));
  const title = h("h2", { id: "welcome-title", tabindex: "-1" }, T.title);
  const items = (lines) => lines.map((line) => h("li", {}, line));
  const form = h(
    "form",
    { novalidate: true, "aria-labelledby": "welcome-title" },
    h(
      "div",
      { class: "welcome-body" },
      title,
      h("p", { id: "welcome-lead", class: "welcome-lead" }, T.lead),
      example,
      h("h3", {}, T.how_heading),
      h("ol", { class: "points" }, items(T.how)),
      h("h3", {}, T.limits_heading),
      h("ul", { class: "points" }, items(T.limits)),
      h("h3", {}, T.kept_heading),
      h("ul", { class: "points" }, items(T.kept)),
      h("p", { class: "rater-line" }, `${T.rater} `, id, " ", copy),
    ),
    h("div", { class: "welcome-end" }, consent, problem, h("div", { class: "form-end" }, start)),
  );
  const names = { "aria-labelledby": "welcome-title", "aria-describedby": "welcome-lead" };
  return {
    dialog: h("dialog", { class: "welcome", ...names }, form),
    form,
    title,
    tick,
    problem,
    start,
    consent,
    id,
    copy,
  };
}
