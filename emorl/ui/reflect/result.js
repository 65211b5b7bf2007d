// The reflection as it is written, and when it is finished: base reply, scores, contribution view, live sliders.
const text = h("div", { class: "reflection-text", id: "reflection-text" });
const live = h("div", { class: "sr", "aria-live": "polite" });
const state = h("span", { class: "state", role: "status" });
const mark = h("p", { class: "mark", role: "status" });
const reach = h("p", { class: "fine reach" });
const past = h("p", { class: "mark", "data-mark": "stale", hidden: true }, T.past);
const edit = h("button", { type: "button", class: "quiet", id: "edit-open", hidden: true }, T.edit);
const own = editor(() => edit.focus());
const copy = h("button", { type: "button", class: "quiet", hidden: true }, T.copy);
const chips = h("ul", { class: "care-chips", "aria-label": T.chips.heading });
const details = h("p", { class: "fine details" });
const message = h("div", {});
const panel = h("div", { class: "panel", id: "word-panel" });
const hint = h("p", { class: "fine" });
const base = h("p", { class: "base-text", id: "base-text" });
const scores = h("div", { class: "scores" });
const overall = h("div", {});
const why = h("section", { class: "why", hidden: true, "aria-labelledby": "why-heading" },
  h("div", { class: "card-head" }, h("h3", { id: "why-heading" }, T.why_heading),
    h("button", { type: "button", class: "quiet", onclick: () => openTab("Why") }, T.open_why)),
  h("p", { class: "fine" }, T.why_hint), past, panel, hint);
const main = h("section", { class: "card reflection", "aria-labelledby": "reflection-heading" },
  h("div", { class: "card-head" }, h("h2", { class: "title", id: "reflection-heading" }, T.heading), state, edit, copy),
  text, live, mark, reach, chips, message, own.node, why, details);
const side = h("div", { class: "side", hidden: true },
  h("section", { class: "card", "aria-labelledby": "base-heading" },
    h("h2", { class: "title", id: "base-heading" }, T.base_heading),
    h("p", { class: "fine" }, T.base_hint), base),
  h("section", { class: "card", "aria-labelledby": "scores-heading" },
    h("h2", { class: "title", id: "scores-heading" }, T.scores_heading),
    scores,
    h("p", { class: "fine" }, T.scores_hint)));
const whole = h("section", { class: "card", hidden: true, "aria-labelledby": "overall-heading" }, overall);
element.append(main, side, whole);

let announced = 0;
let finished = false;
let drawn = []; // the words of the finished text as elements
let shownText = ""; // what is to be read at the moment
let timer = 0;
let stopping = false; // Stop was pressed: a word or a failure that was under way then changes nothing

// Brings mark, text, scores and slider bands into line with the sliders; no server is asked.
function follow() {
  const verdict = judge();
  if (mark.textContent !== (verdict.note || "")) mark.textContent = verdict.note || "";
  mark.setAttribute("data-mark", verdict.mark);
  reach.textContent = mapLine();
  if (verdict.text !== undefined) put(verdict);
  tell("bands", verdict.text === undefined ? {} : bandsOf(verdict));
}

function put(verdict) {
  const other = !verdict.own;
  document.getElementById("outcome")?.classList.toggle("other-text", other); // hides the rating of the original
  edit.hidden = other;
  past.hidden = !other;
  panel.classList.toggle("aside", other);
  hint.classList.toggle("aside", other);
  whole.classList.toggle("aside", other);
  if (other) own.close();
  if (other || shownText !== verdict.text) showScores(verdict);
  if (shownText === verdict.text) return;
  shownText = verdict.text;
  if (other) {
    text.removeAttribute("role");
    text.removeAttribute("aria-label");
    text.replaceChildren(verdict.text);
  } else redraw();
  clearTimeout(timer); // spoken when the slider rests
  timer = setTimeout(() => live.replaceChildren(h("p", {}, shownText)), 700);
}

function showScores(verdict) {
  const found = verdict.own ? null : verdict.base ? "base" : mine().regions[verdict.region].scores;
  const rows = original.scores.map((row) => ({ ...row, score: found === "base" ? row.base : found ? found[row.name] : row.score }));
  scores.replaceChildren(...rows.filter((row) => !(found === undefined) && row.score !== null && row.score !== undefined)
    .map((row) => meter(row, styles[row.name] || "o0")));
}

document.addEventListener("click", (event) => {
  if (event.target.closest?.("#stop") && running()) { stopping = true; (window.emorlStops ||= {})["widget-result"] = 1; }
  if (!event.target.closest?.("#generate")) return;
  if (running()) { event.stopImmediatePropagation(); return; } // a second click starts nothing
  stopping = false;
  asked = { statement, key, mix: mixer };
  props.value = { phase: "waiting" };
  show(props.value);
  if (main.getBoundingClientRect().top > innerHeight - 200) main.scrollIntoView({ block: "start" });
}, true);

const running = () => props.value && ["waiting", "writing"].includes(props.value.phase);

// New whole sentences are added to the live region, so that a screen reader is not interrupted at each word.
function announce(written, all) {
  const ends = all ? written.length : written.search(/[.!?]["”’)]*(?=\s[^.!?]*$)/) + 1;
  if (ends > announced) {
    live.append(h("p", {}, written.slice(announced, ends).trim()));
    announced = ends;
  }
}

function clear() {
  for (const node of [message, chips, details, scores, base, panel, hint, overall]) node.replaceChildren();
  text.removeAttribute("role");
  text.removeAttribute("aria-label");
  side.hidden = why.hidden = whole.hidden = copy.hidden = edit.hidden = past.hidden = true;
  for (const node of [panel, hint, whole]) node.classList.remove("aside");
  document.getElementById("outcome")?.classList.remove("other-text");
  finished = false;
  original = null;
  shownText = "";
  clearTimeout(timer);
  own.begin(null);
  tell("written", ""); // the Why screen
  copy.textContent = T.copy;
  tell("shown", "");
  follow();
}

const styles = { base: "o0" };
const labels = { base: T.base };

// The words of the finished text, whose elements are kept for when the sliders come back to it.
function redraw() {
  if (!drawn.length) text.textContent = original.text;
  else {
    text.setAttribute("role", "group");
    text.setAttribute("aria-label", T.words_label);
    text.replaceChildren(...drawn);
  }
}

function done(result) {
  (window.emorlStops ||= {})["widget-result"] = 0;
  result.parts.forEach((part, i) => { styles[part.name] = "o" + (i % 6 + 1); labels[part.name] = part.label; });
  announce(result.text, true);
  base.textContent = result.base;
  scores.replaceChildren(...result.scores.map((row) => meter(row, styles[row.name] || "o0")));
  side.hidden = copy.hidden = edit.hidden = false;
  drawn = [];
  if (result.words.length) {
    explainWords(result, text, panel, styles, labels);
    const decided = result.words.some((word) => word.decided);
    hint.append(T.margin_hint + " " + (decided ? T.decided : T.decided_none));
    overall.append(explainOverall(result, styles, labels));
    why.hidden = whole.hidden = false;
    drawn = [...text.childNodes];
  } else text.textContent = result.text;
  chips.replaceChildren(...(result.chips || []).map((chip) =>
    h("li", {}, h("strong", {}, T.chips[chip.kind] || chip.kind), chip.words ? " “" + chip.words + "”" : "")));
  if (result.confirmed) message.replaceChildren(h("p", { class: "notice" }, T.crisis.confirmed));
  const seconds = result.details.seconds < 0.1 ? T.no_time : result.details.seconds.toFixed(1);
  details.textContent = (result.cut ? T.cut + " " : "") + fill(T.details, { ...result.details, seconds });
  finished = true;
  tell("written", result.words.length ? result.id : "");
  original = result;
  shownText = result.text;
  own.begin(result);
  if (result.recalled) asked = { statement, key, mix: mixer };
  tell("shown", result.id);
  if (!result.recalled && asked) tell("finished", { result, statement: asked.statement, mix: asked.mix || mixer });
  follow();
}

function show(result) {
  const phase = (result && result.phase) || "idle";
  if (phase !== "writing" || finished) clear();
  if (phase !== "writing" && phase !== "done") { live.replaceChildren(); announced = 0; }
  main.setAttribute("data-phase", phase);
  main.setAttribute("aria-busy", String(phase === "writing" || phase === "waiting"));
  state.textContent = { writing: T.writing, waiting: T.waiting }[phase] || "";
  text.classList.toggle("placeholder", phase === "idle");
  text.hidden = phase === "crisis";
  if (phase === "idle") text.replaceChildren(T.idle, h("ol", { class: "idle-steps" }, T.idle_steps.map((step) => h("li", {}, step))));
  else if (phase === "waiting") { text.textContent = ""; message.replaceChildren(result.message ? h("p", { class: "fine" }, result.message) : ""); }
  else if (phase === "writing") { message.replaceChildren(); text.textContent = result.text; announce(result.text, false); }
  else if (phase === "done") done(result);
  else if (phase === "stopped") {
    text.textContent = result.text || "";
    message.append(h("p", { class: "fine" }, T.stopped));
    finished = true;
    follow();
  } else if (phase === "crisis") {
    message.append(...crisisNotice(result.contacts, statement, () => statement, (confirmed) => {
      stopping = false;
      asked = { statement, key, mix: mixer };
      props.value = { phase: "waiting" };
      show(props.value);
      main.querySelector("h2").tabIndex = -1;
      main.querySelector("h2").focus();
      trigger("submit", confirmed);
    }));
  } else if (phase === "error") {
    text.textContent = "";
    message.append(h("p", { class: "error", role: "alert" }, result.message));
  }
}

edit.addEventListener("click", () => own.open());

copy.addEventListener("click", () => copyText(copy, shownText, text));

watch("value", () => {
  if (stopping && ["waiting", "writing", "error"].includes(props.value?.phase)) {
    props.value = { phase: "stopped", text: text.textContent };
  } else show(props.value);
});
show(props.value);
tell("hello");
