// Deletion of what is old, behind a word that has to be typed.
import { counted, h } from "../widgets/dom.js";
import { section } from "../widgets/section.js";

export function purger(screen) {
  const { T } = screen;
  const days = h("input", { type: "number", min: 0, step: 1, value: 365, id: "results-days" });
  const word = h("input", { type: "text", id: "results-word", autocomplete: "off" });
  const said = h("p", { class: "fine", role: "status", tabindex: "-1", id: "results-purged" });
  const wrong = h("p", { class: "error", role: "alert" });
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.purge_heading },
    h(
      "div",
      { class: "inputs" },
      h("label", { class: "field" }, T.purge_days, days),
      h("label", { class: "field" }, T.purge_confirm, word),
      h("button", { type: "submit", class: "quiet" }, T.purge),
    ),
    said,
    wrong,
  );

  async function purge() {
    const asked = { days: days.value === "" ? null : Number(days.value), confirm: word.value };
    const found = await screen.ask("purge_old", asked);
    wrong.textContent = said.textContent = "";
    if (found.error) {
      wrong.textContent = found.error;
      return;
    }
    await screen.open(false); // draws this form anew
    const line = document.getElementById("results-purged");
    line.textContent = counted(T, "purged", found.purged);
    line.focus();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    purge();
  });
  return section(T.purge_heading, "", form);
}
