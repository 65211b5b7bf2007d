// What would be written without an objective, and fair shares of the scores; both only when a button asks for them.

// Words of `text` that are not in `other` (longest common subsequence), as marked pieces.
function marked(text, other) {
  const a = text.split(/\s+/), b = other.split(/\s+/);
  const best = Array.from({ length: a.length + 1 }, () => new Array(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      best[i][j] = a[i] === b[j] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
    }
  }
  const pieces = [];
  for (let i = 0, j = 0; i < a.length; i++) {
    while (j < b.length && a[i] !== b[j] && best[i][j + 1] >= best[i + 1][j]) j++;
    const kept = j < b.length && a[i] === b[j];
    if (kept) j++;
    pieces.push(i ? " " : "", kept ? a[i] : h("mark", {}, a[i]));
  }
  return pieces;
}

function dataTable(caption, columns, rows) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: "data" },
      h("caption", { class: "sr" }, caption),
      h("thead", {}, h("tr", {}, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, rows.map((row) => h("tr", {},
        h("th", { scope: "row" }, row[0]), row.slice(1).map((value) => h("td", {}, value)))))));
}

// `state` holds what was fetched: {id, data, every}; `get` asks the server; `data` is the explanation.
function coalitionCard(data, id, labels, got) {
  const names = data.parts.map((part) => part.name);
  const conventions = [["renormalised", T.convention_renormalised], ["base", T.convention_base]];
  const out = h("div", {});
  const status = h("p", { class: "fine variants-status", role: "status" });
  const buttons = [false, true].map((every) => h("button", { type: "button", class: "chip", onclick: () => ask(every) },
    every ? T.shapley_button : T.without_button));

  async function ask(every) {
    for (const button of buttons) button.disabled = true;
    status.textContent = T.writing_variants;
    let answer;
    try {
      answer = await request("variants", { id, every });
    } catch (error) {
      answer = { phase: "error", message: T.unavailable };
    }
    for (const button of buttons) button.disabled = false;
    status.textContent = answer.phase === "done" ? T.variants_done : "";
    if (answer.phase !== "done") out.replaceChildren(h("p", { class: "error", role: "alert" }, answer.message));
    else { got(answer); out.replaceChildren(...(every ? [without(answer), fair(answer)] : [without(answer)])); }
  }

  function without(answer) {
    return h("div", { class: "variants" }, names.map((name) => h("section", { "aria-label": fill(T.without_name, { label: labels[name] }) },
      h("h3", {}, fill(T.without_name, { label: labels[name] })),
      conventions.map(([key, label]) => {
        const found = answer.written.find((v) => v.convention === key && v.members.length === names.length - 1 && !v.members.includes(name));
        return h("div", { class: "variant" },
          h("p", { class: "fine" }, label),
          h("p", { class: "variant-text" }, found.reflection === data.reflection ? T.same_text : marked(found.reflection, data.reflection)),
          h("p", { class: "fine" }, Object.entries(found.scores).map(([scorer, score]) =>
            fill(T.scorer_column, { label: labels[scorer] || scorer }) + " " + score.toFixed(2)).join(" · ")));
      }))), h("p", { class: "fine" }, T.changed_hint));
  }

  function fair(answer) {
    const scorers = Object.keys(answer.shapley.base);
    const columns = [T.overall_part, ...scorers.map((name) => fill(T.scorer_column, { label: labels[name] || name }))];
    return h("div", { class: "fair" },
      h("h3", {}, T.shapley_heading), h("p", { class: "fine" }, T.shapley_hint),
      conventions.map(([key, label]) => h("div", {}, h("p", { class: "table-title" }, label),
        dataTable(T.shapley_heading + ". " + label, columns, [
          ...names.map((name) => [labels[name], ...scorers.map((s) => signed(answer.shapley[key][s][name]))]),
          [T.shapley_sum, ...scorers.map((s) => signed(names.reduce((sum, name) => sum + answer.shapley[key][s][name], 0)))],
        ]))));
  }

  return h("section", { class: "card", "aria-labelledby": "without-title" },
    h("h2", { class: "title", id: "without-title" }, T.without_title),
    h("p", { class: "fine" }, T.without_hint),
    h("div", { class: "chips" }, buttons),
    h("p", { class: "fine" }, fill(T.shapley_cost, { n: 2 * 2 ** names.length - 2 })), status, out);
}
