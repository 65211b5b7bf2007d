// The Practise screen: a case or an own statement, the person's reflection, feedback, a second try, and the visit.
//
// The visit is kept in this page's memory and nowhere else.
import { fill, h, isOff, setOff } from "../widgets/dom.js";
import { crisisNotice } from "../writing/crisis.js";
import { caseCard } from "./case.js";
import { changesTable, comparison, linesList } from "./reading.js";
import { visitCard } from "./visit.js";
import { wordsCard } from "./words.js";

export function practise(widget) {
  new Practice(widget);
}

class Practice {
  constructor({ element, props, trigger, watch, server }) {
    this.props = props;
    this.trigger = trigger;
    this.T = props.text;
    this.asked = 0; // number of the last question to the server
    this.sent = null; // {statement, case, reply} of it
    this.tries = []; // on the present statement
    this.candidates = null; // to compare with, of the present statement
    this.source = caseCard(props.settings, this.T, server, () => this.restart());
    this.visit = visitCard(this.T, server);
    this.layout(element);
    watch("value", () => this.show(props.value));
    this.source.next();
  }

  layout(element) {
    const { T } = this;
    const { max } = this.props.settings;
    const counter = h("span", { class: "counter" });
    const count = () => {
      const n = [...this.box.value].length;
      counter.textContent = fill(T.counter, { n, max });
      counter.classList.toggle("full", n > max);
    };
    const onkeydown = (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.go();
    };
    this.box = h("textarea", {
      id: "practise-reply",
      rows: 3,
      dir: "auto",
      placeholder: T.reply_placeholder,
      "aria-describedby": "practise-reply-hint",
      oninput: count,
      onkeydown,
    });
    const onclick = () => {
      if (!isOff(this.button)) this.go();
    };
    this.button = h("button", { type: "button", class: "primary", id: "practise-go", onclick }, T.go);
    this.problem = h("p", { class: "error", role: "alert" });
    const reply = h(
      "section",
      { class: "card statement", "aria-labelledby": "practise-reply-title" },
      h("label", { class: "title", id: "practise-reply-title", for: "practise-reply" }, T.reply_label),
      h("p", { class: "fine", id: "practise-reply-hint" }, T.reply_hint),
      this.box,
      h("div", { class: "practise-end" }, this.button, h("span", { class: "fine shortcut" }, T.shortcut), counter),
      this.problem,
    );
    this.state = h("span", { class: "state", role: "status" });
    this.title = h("h2", { class: "title", id: "practise-title", tabindex: "-1" }, T.feedback_title);
    this.body = h("div", { class: "practise-body" }, h("p", { class: "fine idle" }, T.idle));
    const feedback = h(
      "section",
      { class: "card", id: "practise-feedback", "aria-labelledby": "practise-title" },
      h("div", { class: "card-head" }, this.title, this.state),
      this.body,
    );
    this.more = h("div", { class: "practise-more" });
    element.append(
      h(
        "div",
        { class: "practise-grid" },
        h("div", { class: "practise-side" }, this.source.node, reply),
        h("div", { class: "practise-side" }, feedback, this.more),
      ),
      this.visit.node,
    );
    count();
  }

  // Another statement: what was said of the one before goes, its tries stay in the visit.
  restart() {
    this.asked += 1; // an answer that is still to come is of no use
    this.tries = [];
    this.candidates = null;
    this.sent = null;
    this.box.value = "";
    this.box.dispatchEvent(new Event("input"));
    this.button.textContent = this.T.go;
    this.problem.textContent = "";
    this.wait(false);
    this.wipe();
    this.body.append(h("p", { class: "fine idle" }, this.T.idle));
  }

  go() {
    const { T } = this;
    const found = this.source.current();
    const reply = this.box.value.trim();
    this.problem.textContent = "";
    if (!found.statement.trim()) {
      this.problem.textContent = T.missing_statement;
      this.source.focus();
      return;
    }
    if (!reply) {
      this.problem.textContent = T.missing_reply;
      this.box.focus();
      return;
    }
    if (this.sent && this.sent.statement !== found.statement) {
      this.tries = []; // an own statement was changed
      this.candidates = null;
    }
    this.ask({ ...found, reply });
  }

  ask(question, confirmed = {}) {
    this.asked += 1;
    this.sent = question;
    this.wait(true);
    this.trigger("submit", { ask: this.asked, compare: !this.candidates, ...question, ...confirmed });
  }

  wait(waiting) {
    this.state.textContent = waiting ? this.T.waiting : "";
    setOff(this.button, waiting);
    this.body.setAttribute("aria-busy", String(waiting));
  }

  wipe() {
    this.body.replaceChildren();
    this.more.replaceChildren();
  }

  show(value) {
    if (!value?.phase || (value.ask !== undefined && value.ask !== this.asked)) return;
    this.wait(value.phase === "waiting");
    if (value.phase !== "waiting") this[value.phase]?.(value);
    else if (value.message) this.state.textContent = value.message;
  }

  error({ message }) {
    this.problem.textContent = message;
  }

  crisis({ contacts }) {
    this.wipe();
    const { statement, reply } = this.sent;
    const about = `${statement}\n\n${reply}`;
    const now = () => `${this.source.current().statement}\n\n${this.box.value.trim()}`;
    const go = (said) => {
      this.title.focus();
      this.ask(this.sent, { confirmed: said.confirmed, about: said.statement });
    };
    const T = this.T.crisis;
    this.body.append(...crisisNotice({ contacts, about, now, go, id: "practise-confirm", T }));
    this.body.scrollIntoView({ block: "nearest" });
  }

  read(value) {
    const { T } = this;
    if (value.candidates.length) this.candidates = value.candidates;
    else if (!value.pending) this.candidates ||= []; // the models wrote nothing, or were not asked again
    const again = this.tries.at(-1)?.ask === this.asked; // the same try, now with what to compare it with
    if (again) {
      this.compare?.(this.candidates, false);
      return;
    }
    const number = this.tries.length + 1;
    this.tries.push({ ask: this.asked, reading: value.reading });
    this.visit.add({ ...this.sent, number, reading: value.reading });
    this.button.textContent = T.go_again;
    this.wipe();
    const before = this.tries.at(-2)?.reading;
    this.body.append(
      h("p", { class: "practise-own", dir: "auto" }, value.reading.text),
      ...(before ? [changesTable(this.tries, T)] : []),
      linesList(value.reading.lines),
      h("p", { class: "fine practise-limits" }, T.limits),
    );
    const place = h("div", {});
    this.compare = (found, pending) => place.replaceChildren(comparison(found || [], pending, T, () => this.again()));
    this.compare(this.candidates, value.pending && !this.candidates);
    this.more.append(...wordsCard(value, T), place);
    this.title.focus({ preventScroll: true });
    const { top } = this.title.getBoundingClientRect();
    if (top < 0 || top > innerHeight - 160) this.title.scrollIntoView({ block: "start" });
  }

  again() {
    this.box.focus();
    this.box.scrollIntoView({ block: "center" });
    this.box.setSelectionRange(this.box.value.length, this.box.value.length);
  }
}
