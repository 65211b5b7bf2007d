// Two to four reflections of one statement side by side: texts as they are written, then what differs, scores, checks.
// Opening the screen takes over what is on Reflect, unless something else was typed or set here.
import { COMMAND, hear, last, STATE, tell } from "../events.js";
import { fill, h } from "../widgets/dom.js";
import { crisisNotice } from "../writing/crisis.js";
import { faithfulWords } from "../writing/faithful.js";
import { isRunning } from "../writing/outcome.js";
import { NAMES, sideColumn } from "./side.js";

export function compare(widget) {
  const screen = new Comparison(widget);
  const { scopes, screen: scope } = widget.props.settings;
  document.addEventListener(
    "click",
    (event) => {
      if (event.target.closest?.("#compare-go") && !isRunning(widget.props.value)) screen.begin();
    },
    true,
  );
  widget.watch("value", () => screen.show(widget.props.value));
  screen.show(widget.props.value);
  hear(STATE.statement, (statement) => screen.setStatement(statement), scope);
  hear(STATE.count, (count) => screen.setCount(count), scope);
  scopes.forEach((one, i) => {
    hear(STATE.weights, (mix) => screen.setMix(i, mix), one);
  });
  hear(STATE.weights, () => screen.takeOverSoon());
  new IntersectionObserver((entries) => {
    screen.visible = entries.at(-1).isIntersecting;
    screen.takeOverSoon();
  }).observe(widget.element.closest("[role=tabpanel]") || widget.element); // of the screen: this card may be far below
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

// The parts of a mixer's setting that decide the text.
const plain = (mix) => mix && [mix.weights, mix.strength, mix.temperature, mix.seed];

class Comparison {
  constructor({ element, props, trigger }) {
    const T = props.text;
    this.T = T;
    this.props = props;
    this.trigger = trigger;
    this.mixes = NAMES.map(() => null); // settings of the sliders
    this.count = 2; // how many of them are compared
    this.taken = { statement: "", mix: null }; // what came from Reflect last
    this.visible = false;
    this.statement = "";
    this.asked = null; // {statement, mixes} at the press of the button
    this.sides = null; // the finished texts
    this.offered = ""; // ids that may be sent to blind rating
    this.columns = NAMES.map((name) => sideColumn(name, T));
    this.state = h("span", { class: "state", role: "status" });
    this.mark = h("p", { class: "mark", role: "status" });
    this.live = h("div", { class: "sr", "aria-live": "polite" });
    this.message = h("div", {});
    this.same = h("p", { class: "verdict" });
    this.hint = h("p", { class: "fine", hidden: true });
    const onclick = () => this.swapSides();
    this.swap = h("button", { type: "button", class: "quiet", id: "compare-swap", onclick }, T.swap);
    const nodes = this.columns.map(({ node }) => node);
    this.grid = h("div", { class: "columns" }, nodes);
    this.title = h("h2", { class: "title", id: "compare-heading", tabindex: "-1" }, T.title);
    this.main = h(
      "section",
      { class: "card", "aria-labelledby": "compare-heading" },
      h("div", { class: "card-head" }, this.title, this.state, this.swap),
      this.mark,
      this.message,
      this.same,
      this.grid,
      this.hint,
      this.live,
    );
    element.append(this.main);
  }

  setStatement(statement) {
    this.statement = statement;
    this.follow();
  }

  setMix(index, mix) {
    if (index === 0 && !this.mixes[0]) this.takeOverSoon();
    this.mixes[index] = mix;
    this.follow();
  }

  setCount(count) {
    this.count = count;
    this.swap.hidden = count > 2;
    this.follow();
  }

  // The sliders here and on Reflect may come later than this screen is opened. It waits until they have told everybody.
  takeOverSoon() {
    queueMicrotask(() => {
      if (this.visible) this.takeOver();
    });
  }

  // Takes the statement and the weights from Reflect, where this screen still has those it took or began with.
  takeOver() {
    const { scopes, screen } = this.props.settings;
    const statement = last(STATE.statement) || "";
    const mix = last(STATE.weights);
    if (statement && this.statement === this.taken.statement) {
      this.taken.statement = statement;
      tell(COMMAND.setStatement, statement, screen);
    }
    const own = this.mixes[0];
    const untouched = own && (!this.taken.mix || same(plain(own), this.taken.mix));
    if (!mix || !untouched) return;
    tell(COMMAND.setMix, mix, scopes[0]);
    this.taken.mix = plain(this.mixes[0]);
  }

  begin() {
    this.asked = { statement: this.statement, mixes: this.mixes.slice(0, this.count) };
    this.props.value = { phase: "waiting" };
    this.show(this.props.value);
    if (this.main.getBoundingClientRect().top > innerHeight - 200) this.main.scrollIntoView({ block: "start" });
  }

  // Says so when the sliders or the statement have changed since the texts were written.
  follow() {
    const stale = Boolean(this.sides && this.asked && this.changed());
    const words = stale ? this.T.stale : "";
    this.mark.setAttribute("data-mark", stale ? "stale" : "");
    if (this.mark.textContent !== words) this.mark.textContent = words;
  }

  changed() {
    const { statement, mixes } = this.asked;
    const then = mixes.map((mix, i) => plain(mix || this.mixes[i])); // asked for before the sliders were there
    return this.statement !== statement || !same(this.mixes.slice(0, this.count).map(plain), then);
  }

  swapSides() {
    if (isRunning(this.props.value)) return;
    if (this.count > 2) return;
    const [first, second] = this.mixes;
    const { value, settings } = this.props;
    this.asked?.mixes.reverse();
    if (value?.sides || value?.texts) {
      this.props.value = { ...value, sides: value.sides?.toReversed(), texts: value.texts?.toReversed() };
      this.show(this.props.value);
    }
    if (!first || !second) return;
    tell(COMMAND.setMix, second, settings.scopes[0]);
    tell(COMMAND.setMix, first, settings.scopes[1]);
  }

  wipe() {
    this.message.replaceChildren();
    this.live.replaceChildren();
    this.same.textContent = "";
    this.hint.hidden = true;
    this.sides = null;
    for (const column of this.columns) column.wipe();
  }

  // What may be sent to blind rating: nothing of a confirmed exercise, and no equal texts. Told once for each.
  offer(sides) {
    const key = sides
      .map((side) => side.id)
      .sort()
      .join(" ");
    const texts = sides.map(({ id, text }) => ({ id, weights: null, text, statement: this.asked?.statement || "" }));
    if (key !== this.offered) tell(STATE.texts, texts, this.props.settings.screen);
    this.offered = key;
  }

  show(value) {
    const phase = value?.phase || "idle";
    const running = isRunning(value);
    if (phase !== "done" && (phase !== "writing" || this.sides)) {
      this.wipe();
      this.offer([]);
      this.follow();
    }
    this.main.setAttribute("data-phase", phase);
    this.main.setAttribute("aria-busy", String(running));
    this.state.textContent = { writing: this.T.writing, waiting: this.T.waiting }[phase] || "";
    this.grid.hidden = ["crisis", "error", "idle"].includes(phase);
    this.swap.disabled = running;
    this.columnsFor((value?.sides || value?.texts)?.length || this.count);
    this[phase](value);
  }

  columnsFor(n) {
    this.grid.setAttribute("data-count", n);
    this.columns.forEach(({ node }, i) => {
      node.hidden = i >= n;
    });
  }

  // What is shown in each phase.

  idle() {
    this.message.replaceChildren(h("p", { class: "fine idle" }, this.T.idle));
  }

  waiting({ message }) {
    if (message) this.message.append(h("p", { class: "fine" }, message));
  }

  writing({ texts }) {
    this.message.replaceChildren();
    this.columns.forEach(({ text }, i) => {
      text.textContent = texts?.[i] || "";
    });
  }

  stopped(value) {
    this.writing(value);
    this.message.append(h("p", { class: "fine" }, this.T.stopped));
  }

  error({ message }) {
    this.message.append(h("p", { class: "error", role: "alert" }, message));
  }

  crisis({ contacts }) {
    const go = (confirmed) => {
      this.begin();
      this.title.focus();
      this.trigger("submit", confirmed);
    };
    const now = () => this.statement;
    const id = "compare-exercise-confirm";
    this.message.append(...crisisNotice({ contacts, about: this.statement, now, go, id, T: this.T.crisis }));
  }

  done({ sides, same: equal, confirmed }) {
    const { T } = this;
    this.wipe();
    this.sides = sides;
    sides.forEach((side, i) => {
      this.columns[i].draw(side);
    });
    this.same.textContent = equal ? T.same : "";
    const faithful = sides.some((side) => side.faithfulness);
    this.hint.textContent = `${T.one_each} ${T.scores_hint}${faithful ? ` ${fill(T.faithful_about, T)}` : ""}`;
    this.hint.hidden = false;
    if (confirmed) this.message.replaceChildren(h("p", { class: "notice" }, T.crisis.confirmed));
    const said = ({ text, faithfulness }) => (faithfulness ? `${text} ${faithfulWords(faithfulness, T)}` : text);
    const spoken = sides.map((side, i) => h("p", {}, `${NAMES[i]}: ${said(side)}`));
    this.live.replaceChildren(...spoken, equal ? h("p", {}, T.same) : "");
    this.offer(equal || confirmed ? [] : sides);
    this.follow();
  }
}
