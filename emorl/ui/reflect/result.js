// The reflection as it is written, and when it is finished: base reply, scores, contribution view, live text.
import { COMMAND, hear, STATE, tell } from "../events.js";
import { copyText, counted, fill, h } from "../widgets/dom.js";
import { objectiveStyle } from "../widgets/numbers.js";
import { checkItems } from "../writing/checks.js";
import { crisisNotice } from "../writing/crisis.js";
import { faithfulLine, faithfulMeter } from "../writing/faithful.js";
import { meter } from "../writing/meter.js";
import { isRunning } from "../writing/outcome.js";
import { announcer } from "./announcer.js";
import { candidateList } from "./candidates.js";
import { keepInView } from "./dock.js";
import { editor } from "./edit.js";
import { atlasLine, keptBands, liveChecks, liveScores, liveText } from "./live.js";
import { mapCards } from "./map_cards.js";
import { aboutWords, explainOverall, explainWords } from "./reasons.js";
import { resultView } from "./result_view.js";

const LIVE_PAUSE_MS = 700; // a text is read out when the slider has rested this long

export function result(widget) {
  const screen = new Result(widget);
  document.addEventListener("click", (event) => screen.click(event), true);
  widget.watch("value", () => screen.receive());
  screen.show(widget.props.value);
  hear(STATE.statement, (statement) => screen.learn({ statement }));
  hear(STATE.weights, (mixer) => {
    screen.facts.mixer = mixer;
  });
  hear(STATE.mix, (key) => {
    const { asked } = screen.facts;
    if (screen.facts.key === "" && asked !== null) asked.key = key; // asked for before the sliders were there
    screen.learn({ key });
  });
  hear(STATE.atlas, (atlas) => screen.learn({ atlas }));
}

class Result {
  constructor(widget) {
    const { element, props, trigger } = widget;
    this.props = props;
    this.trigger = trigger;
    this.T = props.text;
    this.own = editor(widget, () => this.view.edit.focus());
    this.cards = mapCards(this.T);
    this.view = resultView(this.T, this.own.node, this.cards.node);
    this.facts = { statement: "", key: "", mixer: null, atlas: null, original: null, asked: null, finished: false };
    this.announcer = announcer(this.view.live, this.T);
    this.drawn = []; // the words of the finished text as elements
    this.shownText = ""; // what is to be read at the moment
    this.timer = 0;
    this.stopping = false; // Stop was pressed: a word or a failure that was under way then changes nothing
    this.run = 0; // number of the run that is waited for; what others still send changes nothing
    this.value = null; // what is shown
    this.styles = { base: "o0" };
    this.labels = { base: this.T.base };
    const { edit, copy, text } = this.view;
    edit.addEventListener("click", () => this.own.open());
    copy.addEventListener("click", () => copyText(copy, this.shownText, text, this.T.copied));
    const { main, chosen, side, whole } = this.view;
    element.append(main, chosen, side, whole);
    keepInView(this.view.place, this.view.text);
  }

  learn(fact) {
    Object.assign(this.facts, fact);
    this.follow();
  }

  // Brings mark, text, scores and slider bands into line with the sliders; no server is asked.
  follow() {
    const { mark, reach } = this.view;
    const shown = liveText(this.facts, this.T);
    if (mark.textContent !== (shown.note || "")) mark.textContent = shown.note || "";
    mark.setAttribute("data-mark", shown.mark);
    reach.textContent = atlasLine(this.facts, this.T);
    if (shown.text !== undefined) this.put(shown);
    this.announce(shown);
    this.cards.show(this.facts, this.shownText, this.labels);
    tell(STATE.bands, shown.text === undefined ? {} : keptBands(this.facts, shown));
  }

  put(shown) {
    const { text, edit, past, choose, panel, hint, whole } = this.view;
    const other = !shown.own;
    past.hidden = !other;
    choose.hidden = other; // its words cannot be chosen
    edit.hidden = other && !this.facts.original.id; // of a confirmed exercise nothing is kept
    for (const node of [panel, hint, whole]) node.classList.toggle("aside", other);
    if (other || this.shownText !== shown.text) {
      this.judge(liveScores(this.facts, shown), liveChecks(this.facts, shown));
    }
    if (this.shownText === shown.text) return;
    this.shownText = shown.text;
    if (other) {
      text.removeAttribute("role");
      text.removeAttribute("aria-label");
      text.replaceChildren(shown.text);
    } else this.redraw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.announcer.replace(this.shownText), LIVE_PAUSE_MS);
  }

  // Tells the others which text can be rated, edited, explained and sent: the one that is read here, live or not.
  announce(shown) {
    const { original, asked, mixer, statement } = this.facts;
    if (!original?.id || shown.text === undefined) return;
    const { id, edited } = original;
    const weights = shown.own ? null : mixer.weights;
    const about = { id, weights, text: shown.text, statement: asked?.statement ?? statement };
    this.own.begin({ ...about, edited: shown.own ? edited : "" });
    tell(STATE.texts, [about]);
  }

  // What is known of the text that is shown: its scores, what to look at twice, and whether it stays with what was said.
  judge(rows, { chips, faithfulness }) {
    const { T } = this;
    const { scores, faithful } = this.view;
    scores.replaceChildren(...rows.map((row) => meter(row, this.styles[row.name] || "o0", T)));
    this.view.chips.replaceChildren(...checkItems(chips, T.chips));
    faithful.replaceChildren();
    if (faithfulness) {
      scores.append(faithfulMeter(faithfulness, T));
      faithful.append(faithfulLine(faithfulness, T), h("p", { class: "fine" }, T.faithful_note));
    } else if (this.facts.original?.faithfulness) {
      const how = this.facts.atlas?.phase === "growing" ? T.faithful_soon : T.faithful_press;
      faithful.append(h("p", { class: "faithful" }, T.faithful_live), h("p", { class: "fine" }, how));
    }
  }

  // The words of the finished text, whose elements are kept for when the sliders come back to it.
  redraw() {
    const { text } = this.view;
    if (!this.drawn.length) {
      text.textContent = this.facts.original.text;
      return;
    }
    text.setAttribute("role", "group");
    text.setAttribute("aria-label", this.T.words_label);
    text.replaceChildren(...this.drawn);
  }

  // Before Gradio hears of it, which sends the number of the run to the server.
  click(event) {
    const { target } = event;
    if (target.closest?.("#stop") && isRunning(this.value)) {
      this.stopping = true;
      this.assign({ phase: "stopped", text: this.view.text.textContent, run: this.run });
    }
    if (!target.closest?.("#generate")) return;
    this.begin();
    if (new Blob([JSON.stringify(this.facts.statement)]).size <= this.props.settings.bytes) return;
    event.stopImmediatePropagation(); // the server would refuse it unread
    this.assign({ phase: "error", message: this.T.too_large, run: this.run });
  }

  assign(value) {
    this.props.value = value;
    this.show(value);
  }

  begin() {
    const { statement, key, mixer } = this.facts;
    this.stopping = false;
    this.facts.asked = { statement, key, mix: mixer };
    this.run += 1;
    tell(STATE.run, this.run);
    this.assign({ phase: "waiting", run: this.run });
    this.reveal();
  }

  // Brings the card into view unless the place of its text is there already.
  reveal() {
    const { top, bottom } = this.view.place.getBoundingClientRect();
    if (top < 0 || bottom > innerHeight) this.view.main.scrollIntoView({ block: "start" });
  }

  receive() {
    const { value } = this.props;
    if (this.isLate(value)) this.props.value = this.value;
    else this.show(value);
  }

  // Whether a run sent this that is not waited for any more: another has begun, or Stop was pressed.
  isLate(value) {
    if (!value || value.recalled) return false;
    if (value.run !== undefined && value.run !== this.run) return true;
    return this.stopping && ["waiting", "writing", "error"].includes(value.phase);
  }

  show(value) {
    this.value = value;
    const { main, state, count, text } = this.view;
    const phase = value?.phase || "idle";
    if (phase !== "writing" || this.facts.finished) this.clear();
    if (phase !== "writing" && phase !== "done") this.announcer.forget();
    main.setAttribute("data-phase", phase);
    main.setAttribute("aria-busy", String(isRunning(value)));
    const said = { writing: this.writingInWords(value), waiting: this.T.waiting }[phase] || "";
    if (state.textContent !== said) state.textContent = said;
    count.textContent = phase === "writing" ? this.finishedInWords(value) : "";
    text.classList.toggle("placeholder", phase === "idle");
    text.hidden = phase === "crisis";
    this[phase](value);
  }

  // What is being done, and how far it is where several are written: their words are seen of the first only.
  writingInWords({ best_of: n, finished } = {}) {
    if (!(n > 1)) return this.T.writing;
    return fill(finished < n ? this.T.writing_best : this.T.choosing, { n });
  }

  finishedInWords({ best_of: n, finished }) {
    return finished > 0 && finished < n ? fill(this.T.writing_finished, { n, finished }) : "";
  }

  clear() {
    const view = this.view;
    for (const node of view.emptied) node.replaceChildren();
    for (const node of view.hidden) node.hidden = true;
    for (const node of [view.panel, view.hint, view.whole]) node.classList.remove("aside");
    view.text.removeAttribute("role");
    view.text.removeAttribute("aria-label");
    view.copy.textContent = this.T.copy;
    Object.assign(this.facts, { finished: false, original: null });
    this.shownText = "";
    clearTimeout(this.timer);
    this.own.begin(null);
    tell(STATE.texts, []);
    tell(STATE.shown, "");
    this.follow();
  }

  // What is shown in each phase.

  idle() {
    const steps = this.T.idle_steps.map((step) => h("li", {}, step));
    this.view.text.replaceChildren(this.T.idle, h("ol", { class: "idle-steps" }, steps));
  }

  waiting({ message }) {
    this.view.text.textContent = "";
    this.view.message.replaceChildren(message ? h("p", { class: "fine" }, message) : "");
  }

  writing({ text, best_of }) {
    this.view.message.replaceChildren();
    this.view.text.textContent = text;
    if (best_of === 1) this.announcer.draft(text); // of several, another may be shown in the end
  }

  stopped({ text }) {
    this.view.text.textContent = text || "";
    this.view.message.append(h("p", { class: "fine" }, text ? this.T.stopped : this.T.stopped_empty));
    this.learn({ finished: true });
  }

  error({ message }) {
    this.view.text.textContent = "";
    this.view.message.append(h("p", { class: "error", role: "alert" }, message));
  }

  crisis({ contacts }) {
    const go = (confirmed) => {
      this.begin();
      this.view.heading.focus();
      this.trigger("submit", confirmed);
    };
    const now = () => this.facts.statement;
    const T = this.T.crisis;
    const notice = crisisNotice({ contacts, about: this.facts.statement, now, go, id: "exercise-confirm", T });
    this.view.message.append(...notice);
  }

  done(found) {
    const { base, side, copy, edit, message, details } = this.view;
    found.parts.forEach((part, k) => {
      this.styles[part.name] = objectiveStyle(k);
      this.labels[part.name] = part.label;
    });
    this.announcer.whole(found);
    base.textContent = found.base;
    this.judge(found.scores, found);
    this.choice(found);
    side.hidden = copy.hidden = edit.hidden = false;
    this.explain(found);
    if (found.confirmed) message.replaceChildren(h("p", { class: "notice" }, this.T.crisis.confirmed));
    const seconds = found.details.seconds < 0.1 ? this.T.no_time : found.details.seconds.toFixed(1);
    const cut = found.cut ? `${this.T.cut} ` : "";
    details.textContent = cut + counted(this.T, "details", found.details.tokens, { ...found.details, seconds });
    this.finish(found);
  }

  choice({ choice, id }) {
    const { chosen, candidates } = this.view;
    const { styles, labels, T } = this;
    chosen.hidden = !choice;
    if (choice) candidates.replaceChildren(...candidateList({ choice, id, styles, labels, T }));
  }

  explain(found) {
    const { text, panel, hint, overall, why, whole } = this.view;
    const { styles, labels, T } = this;
    this.drawn = [];
    if (!found.words.length) {
      text.textContent = found.text;
      return;
    }
    explainWords({ result: found, line: text, panel, styles, labels, T });
    hint.append(aboutWords(found, T));
    overall.append(explainOverall({ result: found, styles, labels, T }));
    why.hidden = whole.hidden = false;
    this.drawn = [...text.childNodes];
  }

  // Tells the others. A reflection that was brought back is not new.
  finish(found) {
    const { facts } = this;
    facts.finished = true;
    facts.original = found;
    this.shownText = found.text;
    this.own.begin(found);
    if (found.recalled) {
      facts.asked = { statement: facts.statement, key: facts.key, mix: facts.mixer };
      this.view.heading.focus({ preventScroll: true }); // the button that was pressed is far below
      this.reveal();
    }
    this.announce({ text: found.text, own: true });
    tell(STATE.shown, found.id);
    if (!found.recalled && facts.asked) {
      const { statement, mix } = facts.asked;
      tell(COMMAND.finished, { result: found, statement, mix: mix || facts.mixer });
    }
    this.follow();
  }
}
