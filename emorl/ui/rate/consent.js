// What a rater agrees to before the first item.
import { counted, h } from "../widgets/dom.js";
import { guidelines, heading, pairExample } from "./passages.js";

function points(T, study) {
  if (!study) return T.consent_points;
  return study.training ? [...T.study_points, counted(T, "study_training", study.training)] : T.study_points;
}

// Of a study with its name and guidelines, and of pairs with an example.
export function consentNotice(T, agreed, study = null) {
  const tick = h("input", { type: "checkbox", id: "queue-consent" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.consent_heading },
    heading(study?.name || T.consent_heading),
    h(
      "ul",
      { class: "points" },
      points(T, study).map((point) => h("li", {}, point)),
    ),
    study?.guidelines ? guidelines(study, T, true) : null,
    study?.design === "pairs" ? pairExample(T) : null,
    h("div", { class: "consent" }, tick, h("label", { for: "queue-consent" }, T.consent_tick)),
    wrong,
    h("div", { class: "form-end" }, h("button", { type: "submit", class: "primary" }, T.start)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    wrong.textContent = tick.checked ? "" : T.consent_missing;
    if (tick.checked) agreed();
    else tick.focus();
  });
  return form;
}
