// The raters of a study: links for new ones, how far each is, closing a link.
import { copyText, fill, h } from "../widgets/dom.js";
import { section } from "../widgets/section.js";
import { dataTable } from "../widgets/table.js";
import { studyFragment } from "../writing/link.js";

export function raters(screen, found) {
  const { T } = screen;
  const wrong = h("p", { class: "error", role: "alert" });
  const fresh = h("div", { class: "fresh", role: "status" });
  const table = h("div", {}, found.raters.length ? progress(screen, found, wrong) : h("p", {}, T.raters_none));
  const labels = h("textarea", { id: "study-labels", rows: 3, "aria-describedby": "study-labels-help" });
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.invite },
    h("label", { class: "field-label", for: "study-labels" }, T.raters_labels),
    h("p", { class: "fine", id: "study-labels-help" }, T.raters_labels_help),
    labels,
    h("div", { class: "form-end" }, h("button", { type: "submit", class: "quiet" }, T.invite)),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const lines = labels.value.split("\n").map((line) => line.trim());
    const asked = { study: found.key, labels: lines.filter((line, k) => line || (k === 0 && lines.length === 1)) };
    const made = await screen.ask("invite_raters", asked);
    wrong.textContent = made.error || "";
    if (made.error) return;
    labels.value = "";
    fresh.replaceChildren(...links(made.invitations, T));
    const now = await screen.ask("show_study", { study: found.key });
    if (!now.error) table.replaceChildren(progress(screen, now, wrong));
  });
  return section(T.raters_heading, T.raters_hint, table, form, wrong, fresh);
}

// A rater's link is the address of the page without its query, which a server reads.
function links(invitations, T) {
  const page = `${location.origin}${location.pathname}`;
  const linkOf = (code) => `${page}#${studyFragment(code)}`;
  const lines = invitations.map(({ label, code }) => fill(T.invited_line, { label, link: linkOf(code) }));
  const list = h("p", { class: "links" }, lines.join("\n"));
  const copy = h("button", { type: "button", class: "quiet" }, T.invited_copy);
  copy.addEventListener("click", () => copyText(copy, lines.join("\n"), list, T.copied));
  return [h("p", { class: "notice" }, T.invited), list, copy];
}

function progress(screen, found, wrong) {
  const { T } = screen;
  const close = ({ number, label }) => {
    const revoke = async () => {
      const now = await screen.ask("revoke_rater", { study: found.key, number });
      wrong.textContent = now.error || "";
      if (!now.error) screen.draw(now, true);
    };
    const name = fill(T.revoke_label, { label });
    return h("button", { type: "button", class: "quiet", "aria-label": name, onclick: revoke }, T.revoke);
  };
  const row = (rater) => [
    rater.label,
    fill(T.rater_of, rater),
    ...(found.training ? [fill(T.rater_of, { done: rater.trained, given: found.training })] : []),
    rater.last ? rater.last.slice(0, 16).replace("T", " ") : T.none,
    rater.revoked ? T.rater_revoked : T.rater_open,
    rater.revoked ? "" : close(rater),
  ];
  const trained = found.training ? [T.rater_trained] : [];
  const columns = [T.rater, T.rater_done, ...trained, T.rater_last, T.rater_state, T.revoke];
  return dataTable(T.raters_heading, columns, found.raters.map(row), null);
}
