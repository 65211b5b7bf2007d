// A link to the setting of the sliders: the dialog that makes one, and what happens where one is opened.
import { COMMAND, last, STATE, tell } from "../events.js";
import { h } from "../widgets/dom.js";
import { fromFragment, studyCode, toFragment } from "./link.js";

// The button with its dialog. The statement goes in only where it is ticked, anew each time.
export function shareButton(T) {
  const node = h("button", { type: "button", class: "quiet", "aria-haspopup": "dialog", onclick: open }, T.share_open);
  const tick = h("input", { type: "checkbox", id: "share-tick", "aria-describedby": "share-warning", onchange: make });
  const link = h("textarea", { class: "share-link", rows: 4, readonly: true, "aria-label": T.share_link });
  const said = h("p", { class: "fine", role: "status" });
  const copy = h("button", { type: "button", class: "primary", onclick: put, autofocus: true }, T.share_copy);
  const close = h("button", { type: "button", class: "secondary", onclick: () => dialog.close() }, T.share_close);
  const withStatement = h(
    "div",
    {},
    h("p", { class: "notice", id: "share-warning" }, T.share_warning),
    h("label", { class: "check", for: "share-tick" }, tick, T.share_statement),
  );
  const dialog = h(
    "dialog",
    { class: "share", "aria-labelledby": "share-heading", closedby: "any" },
    h("h2", { class: "title", id: "share-heading" }, T.share_heading),
    h("p", {}, T.share_what),
    withStatement,
    link,
    h("div", { class: "share-end" }, copy, close, said),
  );

  function open() {
    tick.checked = false;
    withStatement.hidden = !last(STATE.statement)?.trim();
    make();
    dialog.showModal();
  }

  function make() {
    const fragment = toFragment(last(STATE.weights), tick.checked ? last(STATE.statement) : "");
    link.value = `${location.origin}${location.pathname}#${fragment}`; // without the query, which a server reads
    said.textContent = "";
  }

  async function put() {
    try {
      await navigator.clipboard.writeText(link.value);
      said.textContent = T.share_copied;
    } catch {
      link.select();
      said.textContent = T.share_select;
    }
  }

  return [node, dialog];
}

// Fills in what the address says, now and when it changes, and takes it out of the address bar. Nothing is written. A
// rater's link to a study is left alone (banner/follow.js).
export function openLinks(names, choices, T) {
  function open() {
    const fragment = location.hash.slice(1);
    if (!fragment || studyCode(fragment) || document.getElementById(fragment)) return;
    history.replaceState(history.state, "", location.pathname + location.search);
    const found = fromFragment(fragment, names, choices);
    if (found) tell(COMMAND.setMix, found.mix);
    if (found?.statement) tell(COMMAND.setStatement, found.statement);
    const filled = found?.statement ? T.link_both : T.link_setting;
    tell(COMMAND.linked, { good: Boolean(found), line: found ? filled : T.link_bad });
  }
  addEventListener("hashchange", open);
  open();
}
