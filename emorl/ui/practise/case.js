// What the client says: a case from the library, which is asked for one at a time, or a statement of one's own.
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { radioGroup } from "../widgets/form.js";
import { request } from "../widgets/server.js";

// `changed` hears that there is another statement. Returns the node, `current`, `next` and `focus`.
export function caseCard(settings, T, server, changed) {
  let found = null; // the case
  let mode = "case";
  const seen = [];
  const selects = {
    topic: filter("topic", T.filter_topic, settings.topics, T.topics, T),
    stage: filter("stage", T.filter_stage, settings.stages, T.stages, T),
    difficulty: filter("difficulty", T.filter_difficulty, settings.difficulties, T.difficulties, T),
  };
  const statement = h("p", { class: "practise-statement", "aria-live": "polite", dir: "auto" }, T.loading_case);
  const meta = h("p", { class: "fine" });
  const button = h("button", { type: "button", class: "secondary", id: "practise-next" }, T.next);
  button.addEventListener("click", () => {
    if (!isOff(button)) next();
  });
  const box = h("textarea", {
    id: "practise-statement",
    rows: 4,
    dir: "auto",
    placeholder: T.own_placeholder,
    "aria-describedby": "practise-own-hint",
  });
  const library = h(
    "div",
    {},
    h(
      "div",
      { class: "practise-filters" },
      Object.values(selects).map(({ node }) => node),
    ),
    statement,
    meta,
  );
  const own = h(
    "div",
    { class: "statement", hidden: true },
    h("label", { class: "field-label", for: "practise-statement" }, T.own_label),
    h("p", { class: "fine", id: "practise-own-hint" }, T.own_hint),
    box,
  );
  const choice = radioGroup({ id: "practise-source", legend: T.source, options: T.source_options });
  choice.querySelector("input[value=case]").checked = true;
  choice.addEventListener("change", (event) => {
    mode = event.target.value;
    library.hidden = mode !== "case";
    button.hidden = mode !== "case";
    own.hidden = mode === "case";
    changed();
  });
  for (const { select } of Object.values(selects)) select.addEventListener("change", next);

  async function next() {
    setOff(button, true);
    const asked = Object.fromEntries(Object.entries(selects).map(([name, { select }]) => [name, select.value]));
    let answer;
    try {
      answer = await request(server, "case", { ...asked, seen });
    } catch {
      answer = null;
    }
    setOff(button, false);
    found = answer?.case || null;
    meta.textContent = "";
    changed();
    if (!found) {
      statement.textContent = answer ? T.no_case : T.case_unavailable;
      return;
    }
    const before = seen.indexOf(found.id);
    if (before >= 0) seen.splice(before, 1);
    seen.push(found.id);
    statement.textContent = found.statement;
    if (node.getBoundingClientRect().top < 0) node.scrollIntoView({ block: "start" }); // pressed far down the page
    const about = [T.topics[found.topic], T.stages[found.stage], fill(T.case_about, found)];
    meta.textContent = `${about.join(" · ")}. ${T.invented}`;
  }

  const current = () =>
    mode === "case"
      ? { case: found?.id || "", statement: found?.statement || "", about_case: found }
      : { case: "", statement: box.value.trim(), about_case: null };
  const focus = () => (mode === "case" ? button : box).focus();
  const node = h(
    "section",
    { class: "card", id: "practise-case", "aria-labelledby": "practise-case-title" },
    h("div", { class: "card-head" }, h("h2", { class: "title", id: "practise-case-title" }, T.case_title), button),
    choice,
    library,
    own,
  );
  return { node, current, next, focus };
}

function filter(name, label, values, labels, T) {
  const id = `practise-${name}`;
  const option = (value) => h("option", { value }, labels[value] || value);
  const select = h("select", { id }, h("option", { value: "" }, T.any), values.map(option));
  return {
    select,
    node: h("span", { class: "practise-filter" }, h("label", { for: id, class: "fine" }, label), select),
  };
}
