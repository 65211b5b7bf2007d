// The elements of the reflection's card and of those below it; what they show is decided in result.js.
import { h, openTab } from "../widgets/dom.js";

export function resultView(T, ownVersion, cards) {
  const view = {
    heading: h("h2", { class: "title", id: "reflection-heading", tabindex: "-1" }, T.heading),
    text: h("div", { class: "reflection-text", id: "reflection-text", dir: "auto" }),
    live: h("div", { class: "sr", "aria-live": "polite" }),
    state: h("span", { class: "state", role: "status" }),
    count: h("span", { class: "state count", "aria-hidden": "true" }), // read out, it would interrupt eight times
    mark: h("p", { class: "mark", role: "status" }),
    reach: h("p", { class: "fine reach" }),
    choose: h("p", { class: "fine" }, T.why_hint),
    past: h("p", { class: "mark", "data-mark": "stale", hidden: true }, T.past),
    edit: h("button", { type: "button", class: "quiet", id: "edit-open", hidden: true }, T.edit),
    copy: h("button", { type: "button", class: "quiet", hidden: true }, T.copy),
    faithful: h("div", {}),
    chips: h("ul", { class: "care-chips", "aria-label": T.chips.heading }),
    details: h("p", { class: "fine details" }),
    message: h("div", {}),
    panel: h("div", { class: "panel", id: "word-panel" }),
    hint: h("p", { class: "fine" }),
    base: h("p", { class: "base-text", id: "base-text", dir: "auto" }),
    scores: h("div", { class: "scores" }),
    overall: h("div", {}),
    candidates: h("div", {}),
  };
  view.place = h("div", { class: "reflection-place" }, view.text);
  view.why = whyPart(view, T);
  view.main = h(
    "section",
    { class: "card reflection", "aria-labelledby": "reflection-heading" },
    h("div", { class: "card-head" }, view.heading, view.state, view.count, view.edit, view.copy),
    view.place,
    view.faithful,
    view.live,
    view.mark,
    view.reach,
    view.chips,
    view.message,
    ownVersion,
    cards,
    view.why,
    view.details,
  );
  view.side = h(
    "div",
    { class: "side", hidden: true },
    sideCard("base-heading", T.base_heading, h("p", { class: "fine" }, T.base_hint), view.base),
    sideCard("scores-heading", T.scores_heading, view.scores, h("p", { class: "fine" }, T.scores_hint)),
  );
  view.whole = h("section", { class: "card", hidden: true, "aria-labelledby": "overall-heading" }, view.overall);
  view.chosen = sideCard("chosen-heading", T.chosen_heading, view.candidates);
  const { message, faithful, chips, details, scores, base, panel, hint, overall, candidates } = view;
  view.emptied = [message, faithful, chips, details, scores, base, panel, hint, overall, candidates];
  const { chosen, side, why, whole, copy, edit, past } = view;
  view.hidden = [chosen, side, why, whole, copy, edit, past];
  return view;
}

function whyPart({ choose, past, panel, hint }, T) {
  const open = () => openTab(T.why_tab);
  return h(
    "section",
    { class: "why", hidden: true, "aria-labelledby": "why-heading" },
    h(
      "div",
      { class: "card-head" },
      h("h3", { id: "why-heading" }, T.why_heading),
      h("button", { type: "button", class: "quiet", onclick: open }, T.open_why),
    ),
    choose,
    past,
    panel,
    hint,
  );
}

function sideCard(id, heading, ...parts) {
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { class: "title", id }, heading), ...parts);
}
