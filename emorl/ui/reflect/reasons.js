// The contribution view: words as items (roving tabindex, arrow keys, hover), bars for one word, bars for the reply.

// A table of signed bars around a common zero; `rows` are {label, style, value, note}.
function signedBars(rows, caption) {
  const most = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-6);
  return h("div", { class: "bars", role: "table", "aria-label": caption },
    rows.map((row) =>
      h("div", { class: "bar-row", role: "row" },
        h("span", { class: "bar-label", role: "rowheader" },
          h("span", { class: "swatch " + row.style, "aria-hidden": "true" }), row.label),
        h("span", { class: "bar-track", "aria-hidden": "true" },
          h("span", { class: "bar-half left" }, row.value < 0 ? bar(row, most) : null),
          h("span", { class: "bar-half right" }, row.value >= 0 ? bar(row, most) : null)),
        h("span", { class: "bar-value", role: "cell" }, signed(row.value)),
        row.note === undefined ? null : h("span", { class: "bar-note fine", role: "cell" }, ...row.note))));
}

function bar(row, most) {
  return h("span", { class: "bar " + row.style, vars: { width: (100 * Math.abs(row.value)) / most + "%" } });
}

// The shares of one objective that keep a word, as a strip from 0 to 1 with the present share marked, and as text.
function rangeNote(range, share, style, sampled) {
  if (!range) return [sampled ? T.range_sampled : T.range_none];
  return [
    h("span", { class: "strip", "aria-hidden": "true" },
      h("span", { class: "strip-range " + style, vars: { left: 100 * range[0] + "%", width: 100 * (range[1] - range[0]) + "%" } }),
      h("span", { class: "strip-now", vars: { left: 100 * share + "%" } })),
    fill(T.range, { lo: percent(range[0]), hi: percent(range[1]) }),
  ];
}

// Draws the words into `line` and the panel into `panel`; `styles` maps names to o1..o6.
function explainWords(result, line, panel, styles, labels) {
  const spoken = h("p", { class: "sr", role: "status" });
  const body = h("div", {});
  panel.replaceChildren(body, spoken);
  const items = [];
  let selected = -1;

  function show(index, speak) {
    const word = result.words[index];
    const name = word.end ? T.word_end : word.text;
    const rows = Object.entries(word.contributions).map(([key, value]) => ({
      label: labels[key], style: styles[key], value,
      note: key === "base" ? undefined : rangeNote(word.unchanged[key], result.weights[key] || 0, styles[key], result.details.temperature > 0),
    }));
    body.replaceChildren(
      h("p", { class: "panel-head" },
        h("span", { class: "panel-word" }, fill(T.word_over, { word: name, foil: word.foil || T.word_end })),
        h("span", { class: "fine" }, fill(T.margin, { margin: signed(word.margin) }),
          word.pieces > 1 ? " · " + fill(T.word_pieces, { n: word.pieces }) : "")),
      signedBars(rows, name));
    items.forEach((item, i) => item.classList.toggle("shown", i === index));
    if (speak) {
      spoken.textContent = fill(T.word_spoken, {
        word: name, foil: word.foil || T.word_end, margin: signed(word.margin),
        parts: rows.map((row) => row.label + " " + signed(row.value)).join(", "),
      });
    }
  }

  function select(index, focus) {
    if (selected >= 0) items[selected].tabIndex = -1;
    selected = index;
    items[index].tabIndex = 0;
    items.forEach((item, i) => item.setAttribute("aria-pressed", String(i === index)));
    if (focus) items[index].focus();
    show(index, focus);
  }

  line.replaceChildren();
  line.setAttribute("role", "group");
  line.setAttribute("aria-label", T.words_label);
  result.words.forEach((word, index) => {
    const item = h("span", {
      class: "word" + (word.decided ? " decided " + styles[word.decided] : "") + (word.end ? " end" : ""),
      role: "button", tabindex: "-1", "aria-pressed": "false",
      onmouseenter: () => show(index, false),
      onmouseleave: () => show(selected, false),
      onclick: () => select(index, true),
      onfocus: () => { if (selected !== index) select(index, false); show(index, true); },
      onkeydown: (event) => {
        const last = items.length - 1;
        const to = { ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1,
          Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        select(Math.min(last, Math.max(0, to)), true);
      },
    }, word.end ? h("span", { "aria-hidden": "true" }, "▪") : word.text);
    if (word.end) item.setAttribute("aria-label", T.word_end);
    if (index > 0 && (word.gap || word.end)) line.append(" ");
    line.append(item);
    items.push(item);
  });
  const first = result.words.findIndex((word) => word.decided);
  if (items.length) select(Math.max(0, first), false);
}

// Sums over the reply as bars, and the same as a table.
function explainOverall(result, styles, labels) {
  const cell = (tag, text) => h(tag, tag === "th" ? { scope: "col" } : {}, text);
  const kept = (row) => row.unchanged
    ? fill(T.range_to, { lo: percent(row.unchanged[0]), hi: percent(row.unchanged[1]) }) : T.not_applicable;
  return h("div", { class: "overall" },
    h("h2", { class: "title", id: "overall-heading" }, T.overall_heading),
    h("p", { class: "fine" }, T.overall_hint),
    signedBars(result.overall.map((row) => ({ label: labels[row.name], style: styles[row.name], value: row.sum })),
      T.overall_heading),
    h("details", {},
      h("summary", {}, T.overall_table),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": T.overall_table },
        h("table", { "aria-label": T.overall_table },
          h("thead", {}, h("tr", {}, [T.overall_part, T.overall_sum, T.overall_mean, T.overall_range].map((t) => cell("th", t)))),
          h("tbody", {}, result.overall.map((row) => h("tr", {},
            h("th", { scope: "row" }, labels[row.name]),
            cell("td", signed(row.sum)), cell("td", signed(row.mean)), cell("td", kept(row)))))))));
}
