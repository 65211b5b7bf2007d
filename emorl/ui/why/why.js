// The Why screen: a strip of words with stacked bars, everything about the chosen word, the reply as a whole.
const idle = h("section", { class: "card", "aria-labelledby": "why-idle" },
  h("h2", { class: "title", id: "why-idle" }, T.why_idle), h("p", { class: "fine" }, T.why_idle_steps),
  h("div", { class: "chips" }, h("button", { type: "button", class: "chip", onclick: () => openTab("Reflect") }, T.to_reflect)));
const busy = h("p", { class: "fine why-busy", role: "status" });
const screen = h("div", { class: "why-screen", hidden: true });
element.append(idle, busy, screen);

let id = ""; // of the reflection on Reflect
let drawn = "";
let visible = false;

function written(value) {
  if (value === id) return;
  id = value;
  if (id !== drawn) { drawn = ""; screen.hidden = true; screen.replaceChildren(); idle.hidden = Boolean(id); busy.textContent = ""; }
  load();
}
hear("written", written);
new IntersectionObserver((entries) => { visible = entries.at(-1).isIntersecting; load(); }).observe(element);
written(told.written || "");

async function load() {
  if (!visible || !id || id === drawn) return;
  const asked = drawn = id;
  busy.textContent = T.why_loading;
  let answer;
  try {
    answer = await request("explain", asked);
  } catch (error) {
    answer = { phase: "error", message: T.unavailable };
  }
  if (asked !== id) return; // another reflection was written meanwhile
  busy.textContent = "";
  idle.hidden = true;
  screen.hidden = false;
  if (answer.phase === "done") draw(answer);
  else { screen.replaceChildren(h("p", { class: "error", role: "alert" }, answer.message)); drawn = ""; id = ""; }
}

const named = (word) => word || T.the_end;
const points = (share) => (100 * share).toFixed(1) + "%";

function draw(data) {
  const styles = { base: "o0" };
  const labels = { base: T.base };
  data.parts.forEach((part, i) => { styles[part.name] = "o" + (i % 6 + 1); labels[part.name] = part.label; });
  const names = Object.keys(labels);
  const sampled = data.temperature > 0;
  let variants = null;
  const panel = h("div", { class: "word-body" });
  const spoken = h("p", { class: "sr", role: "status" });
  screen.replaceChildren(
    stripCard(data, names, styles, labels, (index, speak) => {
      wordPanel(data.words[index], index, panel);
      if (speak) spoken.textContent = data.words[index].sentence;
    }),
    h("section", { class: "card", id: "why-word", "aria-labelledby": "why-word-heading" },
      h("h2", { class: "title", id: "why-word-heading" }, T.word_heading), panel, spoken),
    wholeCard(),
    coalitionCard(data, id, labels, (answer) => { variants = answer; }),
    h("section", { class: "card download" },
      h("button", { type: "button", class: "chip", onclick: save }, T.download), h("p", { class: "fine" }, T.download_hint)));
  screen.querySelector(".strip-word[tabindex='0']")?.dispatchEvent(new CustomEvent("pick"));

  function save() {
    const { phase, ...explanation } = data;
    const file = new Blob([JSON.stringify({ ...explanation, variants }, null, 1)], { type: "application/json" });
    const link = h("a", { href: URL.createObjectURL(file), download: "why.json" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function wordPanel(word, index, body) {
    const first = word.pieces[0];
    const shown = named(word.text);
    const bars = h("div", {});
    const foils = new Map();
    const add = (choice, label) => { if (!choice.written && !foils.has(choice.text)) foils.set(choice.text, { choice, label }); };
    first.candidates.forEach((c) => { if (c.text !== word.foil) add(c, fill(T.candidate, { word: named(c.text), p: percent(c.probability) })); });
    names.forEach((name) => { const c = first.own[name]; if (c.text !== word.foil) add(c, fill(T.own_of, { word: named(c.text), label: labels[name] })); });
    const select = h("select", { id: "why-foil", onchange: () => compare(select.value) },
      h("option", { value: "" }, fill(T.runner_up, { word: named(word.foil) })),
      [...foils.values()].map((foil, i) => h("option", { value: String(i + 1) }, foil.label)));

    function compare(value) {
      const foil = value && [...foils.values()][Number(value) - 1].choice;
      const parts = foil ? foil.contributions : word.contributions;
      bars.replaceChildren(
        signedBars(names.map((name) => ({ label: labels[name], style: styles[name], value: parts[name],
          note: foil || name === "base" ? undefined : rangeNote(word.unchanged[name], data.weights[name], styles[name], sampled) })),
          shown),
        h("p", { class: "fine" }, fill(T.bars_hint, { margin: signed(foil ? foil.margin : word.margin) }),
          foil && word.pieces.length > 1 ? " " + fill(T.foil_piece, { piece: first.text.trim() }) : ""));
    }

    body.replaceChildren(
      h("p", { class: "plain-sentence" }, word.sentence),
      h("p", { class: "foil-line" }, h("label", { for: "why-foil" }, T.compare), " ", select), bars,
      h("div", { class: "why-columns" },
        h("div", {}, h("h3", {}, T.candidates_heading), h("p", { class: "fine" }, T.candidates_hint),
          word.pieces.flatMap((piece, n) => [
            word.pieces.length > 1 ? h("p", { class: "table-title" }, pieceName(word, n)) : null,
            dataTable(T.candidates_heading + (word.pieces.length > 1 ? ". " + pieceName(word, n) : ""),
              [T.column_word, T.column_p, T.column_margin, ...names.map((name) => labels[name])],
              piece.candidates.map((c) => [named(c.text), percent(c.probability),
                ...(c.written ? [T.written_mark, ...names.map(() => "")] : [signed(c.margin), ...names.map((name) => signed(c.contributions[name]))])])),
          ])),
        h("div", {}, h("h3", {}, T.own_heading),
          dataTable(T.own_heading, [T.overall_part, ...word.pieces.map((piece, n) => word.pieces.length > 1 ? pieceName(word, n) : T.column_word)],
            names.map((name) => [fill(T.own_row, { label: labels[name] }), ...word.pieces.map((piece) => named(piece.own[name].text))])),
          h("h3", {}, T.slope_heading), h("p", { class: "fine" }, T.slope_hint),
          dataTable(T.slope_heading, [T.overall_part, T.slope_margin, T.slope_p], names.slice(1).map((name) => [
            labels[name], signed(0.1 * word.margin_slope[name]), fill(T.times, { n: Math.exp(0.1 * word.log_p_slope[name]).toFixed(2) })])))));
    compare("");
  }

  function pieceName(word, n) {
    return fill(T.piece_of, { n: n + 1, all: word.pieces.length, piece: named(word.pieces[n].text.trim()) });
  }

  function wholeCard() {
    const whole = data.overall;
    const spread = Math.max(...data.words.map((word) => word.disagreement));
    const most = data.words.find((word) => word.disagreement === spread);
    const word = (index, text) => (index === null ? [] : [fill(text, { word: named(data.words[index].text) })]);
    return h("section", { class: "card", id: "why-whole", "aria-labelledby": "why-whole-heading" },
      h("h2", { class: "title", id: "why-whole-heading" }, T.overall_title),
      h("p", { class: "plain-sentence" }, whole.sentence),
      h("h3", {}, T.ranges_heading),
      h("div", { class: "ranges", role: "list" }, names.slice(1).map((name) => {
        const range = whole.unchanged[name];
        const [below, above] = whole.limits[name];
        return h("div", { class: "range-row", role: "listitem" },
          h("span", { class: "bar-label" }, h("span", { class: "swatch " + styles[name], "aria-hidden": "true" }), labels[name]),
          h("span", { class: "strip", "aria-hidden": "true" },
            range ? h("span", { class: "strip-range " + styles[name], vars: { left: 100 * range[0] + "%", width: 100 * (range[1] - range[0]) + "%" } }) : null,
            h("span", { class: "strip-now", vars: { left: 100 * data.weights[name] + "%" } })),
          h("span", { class: "fine" }, range
            ? [fill(T.range_keeps, { lo: points(range[0]), hi: points(range[1]) }), ...word(below, T.range_first), ...word(above, T.range_last)].join("; ")
            : sampled ? T.range_sampled : T.range_none));
      })),
      h("h3", {}, T.push_heading), h("p", { class: "fine" }, T.push_hint),
      signedBars(names.map((name) => ({ label: labels[name], style: styles[name], value: whole.signed[name],
        note: [fill(T.push_note, { share: percent(whole.absolute[name]) })] })), T.push_heading),
      h("p", { class: "fine disagreement" }, whole.most_disagreement > 1e-9
        ? fill(T.disagree, { value: whole.disagreement.toFixed(2), most: whole.most_disagreement.toFixed(2), word: named(most.text), top: spread.toFixed(2) })
        : T.disagree_none));
  }
}

// Words as buttons (roving tabindex) under stacked bars: above the line for the word, below it against.
function stripCard(data, names, styles, labels, pick) {
  const line = h("div", { class: "strip-line", role: "group", "aria-label": T.strip_label });
  const items = [];
  let selected = 0;
  const only = h("input", { type: "checkbox", id: "why-only", onchange: bars });

  function select(index, focus) {
    items[selected].tabIndex = -1;
    items[selected].setAttribute("aria-pressed", "false");
    selected = index;
    items[index].tabIndex = 0;
    items[index].setAttribute("aria-pressed", "true");
    if (focus) items[index].focus();
    pick(index, focus);
  }

  function bars() {
    const shown = names.filter((name) => name !== "base" || !only.checked);
    const sums = data.words.map((word) => [1, -1].map((sign) =>
      shown.reduce((sum, name) => sum + Math.max(0, sign * word.contributions[name]), 0)));
    const up = Math.max(...sums.map((pair) => pair[0]), 1e-6), down = Math.max(...sums.map((pair) => pair[1]), 0);
    const height = 110 / (up + down); // px a nat
    items.forEach((item, index) => {
      const word = data.words[index];
      const stack = (sign) => shown.filter((name) => sign * word.contributions[name] > 0).map((name) =>
        h("span", { class: "bar " + styles[name], vars: { height: height * Math.abs(word.contributions[name]) + "px" } }));
      item.firstChild.replaceChildren(
        h("span", { class: "stack up", vars: { height: height * up + "px" } }, stack(1)),
        h("span", { class: "stack down", vars: { height: height * down + "px" } }, stack(-1)));
    });
  }

  data.words.forEach((word, index) => {
    const item = h("button", { type: "button", class: "strip-word " + word.kind, tabindex: index ? "-1" : "0", "aria-pressed": "false",
      "aria-label": named(word.text),
      onclick: () => select(index, true), onpick: () => select(index, false),
      onkeydown: (event) => {
        const last = items.length - 1;
        const to = { ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        select(Math.min(last, Math.max(0, to)), true);
      } },
      h("span", { class: "stacks", "aria-hidden": "true" }),
      h("span", { class: "strip-text", "aria-hidden": "true" }, word.kind === "end" ? "▪" : word.text));
    items.push(item);
    line.append(item);
  });
  bars();
  return h("section", { class: "card", id: "why-strip", "aria-labelledby": "why-strip-heading" },
    h("h2", { class: "title", id: "why-strip-heading" }, T.strip_heading), h("p", { class: "fine" }, T.strip_hint),
    h("p", { class: "legend" }, names.map((name) => h("span", {}, h("span", { class: "swatch " + styles[name], "aria-hidden": "true" }), labels[name]))),
    line,
    h("p", { class: "only" }, only, " ", h("label", { for: "why-only" }, T.only_objectives)));
}
