// Two reflections of one statement side by side: texts as they are written, then what differs, scores, checks.
const NAMES = ["A", "B"];
const { scopes, shown } = props.settings;
const mixes = [null, null]; // settings of the sliders
const settings = [null, null]; // of the texts that are shown
let statement = "";
let asked = null; // statement and settings at the press of the button
let sides = null; // of the finished pair
let offered = ""; // ids that may be sent to blind rating

scopes.forEach((scope, i) => hear(scope + "weights", (value) => { mixes[i] = value; follow(); }));
hear(props.settings.statement, (value) => { statement = value; follow(); });

const columns = NAMES.map((name) => {
  const id = "compare-text-" + name.toLowerCase();
  const text = h("p", { class: "reflection-text", id });
  const copy = h("button", { type: "button", class: "quiet", hidden: true, "aria-label": fill(T.copy_name, { name }) }, T.copy);
  copy.addEventListener("click", () => copyText(copy, text.textContent, text));
  const heading = h("h3", { id: id + "-heading" }, name);
  const setting = h("p", { class: "fine setting" });
  const differs = h("p", { class: "fine differs" });
  const chips = h("ul", { class: "care-chips chips-place", "aria-label": fill(T.chips_name, { name }) });
  const scores = h("div", { class: "scores", role: "group", "aria-label": fill(T.scores_name, { name }) });
  const node = h("article", { class: "versus", "aria-labelledby": id + "-heading" },
    h("div", { class: "card-head" }, heading, copy), setting, text, differs, chips, scores);
  return { node, text, copy, setting, differs, chips, scores };
});
const state = h("span", { class: "state", role: "status" });
const mark = h("p", { class: "mark", role: "status" });
const live = h("div", { class: "sr", "aria-live": "polite" });
const message = h("div", {});
const verdict = h("p", { class: "verdict" });
const hint = h("p", { class: "fine", hidden: true }, T.scores_hint);
const swap = h("button", { type: "button", class: "quiet", id: "compare-swap", onclick: exchange }, T.swap);
const grid = h("div", { class: "columns" }, columns.map(({ node }) => node));
const title = h("h2", { class: "title", id: "compare-heading", tabindex: "-1" }, T.title);
const main = h("section", { class: "card", "aria-labelledby": "compare-heading" },
  h("div", { class: "card-head" }, title, state, swap), mark, message, verdict, grid, hint, live);
element.append(main);

const running = () => ["waiting", "writing"].includes(props.value?.phase);

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#compare-go") && !running()) begin();
}, true);

function begin() {
  asked = { statement, mixes: [...mixes] };
  props.value = { phase: "waiting" };
  show(props.value);
  if (main.getBoundingClientRect().top > innerHeight - 200) main.scrollIntoView({ block: "start" });
}

// Whether the sliders still are what wrote the texts.
function follow() {
  const now = JSON.stringify(mixes.map(plain));
  const stale = sides && asked && (statement !== asked.statement || now !== JSON.stringify(asked.mixes.map((mix, i) => plain(mix || mixes[i]))));
  const words = stale ? T.stale : "";
  mark.setAttribute("data-mark", stale ? "stale" : "");
  if (mark.textContent !== words) mark.textContent = words;
}

const plain = (mix) => mix && [mix.weights, mix.strength, mix.temperature, mix.seed];

function exchange() {
  if (running()) return;
  const [first, second] = mixes;
  if (asked) asked.mixes.reverse();
  const { value } = props;
  if (value?.sides || value?.texts) {
    props.value = { ...value, sides: value.sides?.toReversed(), texts: value.texts?.toReversed() };
    show(props.value);
  }
  if (first && second) {
    tell(scopes[0] + "set-mix", second);
    tell(scopes[1] + "set-mix", first);
  }
}

function wipe() {
  message.replaceChildren();
  live.replaceChildren();
  verdict.textContent = "";
  hint.hidden = true;
  sides = null;
  for (const { text, copy, setting, differs, chips, scores } of columns) {
    copy.hidden = true;
    for (const node of [text, setting, differs, chips, scores]) node.replaceChildren();
  }
}

function inWords(side) {
  const facts = side.parts.filter((part) => side.weights[part.name] > 0).map((part) => part.label + " " + percent(side.weights[part.name]));
  if (!facts.length) facts.push(T.base);
  const { strength, temperature, seed } = side.details;
  if (strength !== 1 && facts[0] !== T.base) facts.push(fill(T.strength_is, { strength }));
  if (temperature > 0) facts.push(fill(T.sampled, { temperature, seed }));
  return facts.join(" · ");
}

// Words of a side in runs; a run that only this side has is marked.
function runs(words) {
  const found = [];
  for (const [word, same] of words) {
    const last = found[found.length - 1];
    if (last && last.same === same) last.words.push(word);
    else found.push({ same, words: [word] });
  }
  return found;
}

function draw() {
  columns.forEach(({ text, copy, setting, differs, chips, scores }, i) => {
    const side = sides[i];
    const parts = runs(side.marked);
    const only = parts.filter(({ same }) => !same).map(({ words }) => words.join(" "));
    text.replaceChildren(...parts.flatMap(({ same, words }, at) =>
      [at ? " " : "", same ? words.join(" ") : h("mark", {}, words.join(" "))]));
    setting.textContent = inWords(side);
    const count = side.marked.filter(([, same]) => !same).length;
    differs.replaceChildren(fill(T.differs, { n: count, all: side.marked.length, other: NAMES[1 - i] }),
      h("span", { class: "sr" }, only.length ? fill(T.differs_spoken, { words: only.map((words) => "“" + words + "”").join(", ") }) : ""),
      side.cut ? " " + T.cut : "");
    chips.replaceChildren(...side.chips.map((chip) =>
      h("li", {}, h("strong", {}, T.chips[chip.kind] || chip.kind), chip.words ? " “" + chip.words + "”" : "")));
    scores.replaceChildren(...side.scores.map((row) => meter(row, "o" + (side.parts.findIndex((part) => part.name === row.name) % 6 + 1))));
    copy.hidden = false;
    copy.textContent = T.copy;
  });
}

// What may be sent to blind rating: nothing of a confirmed exercise, and no two equal texts. Told once for each pair.
function offer(ids) {
  const key = [...ids].sort().join(" ");
  if (key !== offered) tell(shown, ids);
  offered = key;
}

function done(result) {
  wipe();
  sides = result.sides;
  draw();
  verdict.textContent = result.same ? T.same : "";
  hint.hidden = false;
  if (result.confirmed) message.replaceChildren(h("p", { class: "notice" }, T.crisis.confirmed));
  live.replaceChildren(...sides.map((side, i) => h("p", {}, NAMES[i] + ": " + side.text)), result.same ? h("p", {}, T.same) : "");
  offer(result.same || result.confirmed ? [] : sides.map((side) => side.id));
  follow();
}

function show(result) {
  const phase = result?.phase || "idle";
  if (phase !== "done" && (phase !== "writing" || sides)) { wipe(); offer([]); follow(); }
  main.setAttribute("data-phase", phase);
  main.setAttribute("aria-busy", String(running()));
  state.textContent = { writing: T.writing, waiting: T.waiting }[phase] || "";
  grid.hidden = phase === "crisis" || phase === "error" || phase === "idle";
  swap.disabled = running();
  if (phase === "idle") message.replaceChildren(h("p", { class: "fine idle" }, T.idle));
  else if (phase === "waiting" && result.message) message.append(h("p", { class: "fine" }, result.message));
  else if (phase === "writing" || phase === "stopped") {
    message.replaceChildren(phase === "stopped" ? h("p", { class: "fine" }, T.stopped) : "");
    columns.forEach(({ text }, i) => { text.textContent = result.texts?.[i] || ""; });
  } else if (phase === "done") done(result);
  else if (phase === "error") message.append(h("p", { class: "error", role: "alert" }, result.message));
  else if (phase === "crisis") {
    message.append(...crisisNotice(result.contacts, statement, () => statement, (confirmed) => {
      begin();
      title.focus();
      trigger("submit", confirmed);
    }));
  }
}

watch("value", () => show(props.value));
show(props.value);
tell("hello");
