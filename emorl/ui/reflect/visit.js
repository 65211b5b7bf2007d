// The reflections of this visit, newest first; kept in this page's memory and gone with it.
const MOST = 20;
const entries = [];
const list = h("ol", { class: "visit", "aria-label": T.list });
const card = h("section", { class: "card", hidden: true, "aria-labelledby": "visit-heading" },
  h("h2", { class: "title", id: "visit-heading" }, T.heading),
  h("p", { class: "fine" }, T.hint), list);
element.append(card);
let labels = {};

hear("weights", (mixer) => { labels = Object.fromEntries(mixer.objectives.map((o) => [o.name, o.label])); });
hear("finished", (entry) => {
  const again = entries.findIndex(({ result }) => result.id === entry.result.id); // the last step comes twice
  if (again >= 0) entries.splice(again, 1);
  entries.unshift(entry);
  entries.length = Math.min(entries.length, MOST);
  card.hidden = false;
  list.replaceChildren(...entries.map(row));
});
hear("edited", ({ id, text }) => { for (const { result } of entries) if (result.id === id) result.edited = text; });

function row(entry) {
  const { result, statement, mix } = entry;
  const { strength, temperature, seed } = result.details;
  const facts = Object.entries(result.weights).map(([name, share]) => (labels[name] || name) + " " + percent(share));
  if (strength !== 1) facts.push(fill(T.strength, { strength }));
  if (temperature > 0) facts.push(fill(T.sampled, { temperature, seed }));
  const back = () => {
    tell("set-statement", statement);
    tell("set-rest", mix);
    tell("set-weights", mix.weights);
    props.value = result;
    trigger("submit");
  };
  return h("li", {},
    h("p", { class: "visit-said" }, statement),
    h("p", { class: "base-text" }, result.text),
    h("div", { class: "visit-end" },
      h("span", { class: "fine" }, facts.join(" · ")),
      h("button", { type: "button", class: "quiet", "aria-label": fill(T.back_name, { text: result.text.slice(0, 60) }), onclick: back }, T.back)));
}
tell("hello");
