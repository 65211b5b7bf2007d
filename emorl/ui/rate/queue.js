// The Rate screen: notice, one item at a time, the end of the queue. An answer is followed by the next item at once, with
// a line above it about the last: what wrote it is shown there, only after the answer. The link of a study opens its queue
// instead of the browser's own: the code in it goes with every call, and is kept nowhere but in the address.
import { COMMAND, hear, STATE, tell } from "../events.js";
import { counted, fill, h } from "../widgets/dom.js";
import { settingName } from "../widgets/numbers.js";
import { request } from "../widgets/server.js";
import { studyCode } from "../writing/link.js";
import { consentNotice } from "./consent.js";
import { ItemForm } from "./item.js";
import { examples, guidelines, heading, itemTexts, lessonText, pairExample, progress } from "./passages.js";

export function queue(widget) {
  const screen = new Queue(widget);
  const own = () => {
    if (!screen.code) screen.show(widget.props.value);
  };
  const follow = () => {
    screen.code = studyCode(location.hash.slice(1));
    screen.study = null;
    screen.last = null;
    if (screen.code) screen.openStudy();
    else own();
  };
  widget.watch("value", own);
  addEventListener("hashchange", () => {
    if (studyCode(location.hash.slice(1)) !== screen.code) follow();
  });
  follow();
  hear(STATE.sent, () => screen.goOn());
}

class Queue {
  constructor({ element, props, server, trigger }) {
    this.T = props.text;
    this.server = server;
    this.trigger = trigger;
    this.maxComment = props.settings.max_comment;
    this.task = null; // the item on the screen, with its rater, assignment and token
    this.form = null; // of the item, while it is being answered
    this.sent = {}; // the answers that were sent last
    this.busy = false;
    this.code = ""; // of the study that is being rated, with what is known of it
    this.study = null;
    this.card = h("section", { class: "card queue", "aria-labelledby": "queue-heading" });
    this.live = h("p", { class: "sr", role: "status" });
    this.last = null; // the item that was answered last: its token, and what is said of it
    this.card.addEventListener("keydown", (event) => this.form?.key(event));
    document.addEventListener("keydown", (event) => {
      if (event.target === document.body && this.card.checkVisibility()) this.form?.key(event);
    });
    this.card.addEventListener("focusin", () => this.form?.mark());
    element.append(this.card, this.live);
  }

  say(words) {
    this.live.textContent = words;
  }

  // Asks the server about the present item; a lost connection is an answer too.
  async ask(name, more) {
    const { rater, assignment, token } = this.task;
    return this.send(name, { rater, assignment, token, ...more });
  }

  async send(name, form) {
    try {
      return await request(this.server, name, form);
    } catch {
      return { phase: "error", message: this.T.offline };
    }
  }

  // The same, for what leads to another item or another view of this one; one at a time.
  async act(name, more) {
    if (this.busy) return;
    this.busy = true;
    if (name === "undo_answer") this.last = null;
    this.after(await this.ask(name, more));
  }

  // Something was sent to the queue from another screen: a finished queue goes on.
  goOn() {
    if (!this.code && this.task && (!this.task.token || this.task.answered)) this.act("next_item");
  }

  show(value) {
    const phase = value?.phase || "loading";
    if (phase === "item") this.item(value, document.activeElement?.closest?.(".queue"));
    else if (phase === "done") this.finished(value);
    else if (phase === "consent") this.consent();
    else if (phase === "error" && this.card.querySelector(".error")) this.fail(value.message);
    else {
      const error = phase === "error" ? h("p", { class: "error", role: "alert" }, value.message) : null;
      this.draw(heading(this.T.heading), error || h("p", { class: "fine" }, this.T.loading));
    }
  }

  after(found) {
    this.busy = false;
    if (found.phase === "error") {
      this.say("");
      this.fail(found.message);
    } else if (found.phase === "item") {
      this.say("");
      this.item(found, true);
    } else if (found.phase === "done") this.finished(found);
    else if (found.phase === "consent") this.consent();
    else if (found.phase === "lesson") this.lessonAgain(found);
    else this.stored(found);
  }

  fail(message) {
    for (const place of this.card.querySelectorAll("form:not([hidden]) .error, .card > .error")) {
      place.textContent = "";
      place.textContent = message;
    }
  }

  draw(...nodes) {
    this.form = null;
    this.card.replaceChildren(...nodes);
  }

  consent() {
    const agreed = this.study ? () => this.act("start_study") : () => this.trigger("submit", {});
    this.draw(consentNotice(this.T, agreed, this.study));
  }

  // The study of the link in the address.
  async openStudy() {
    const { code, T } = this;
    this.draw(heading(T.heading), h("p", { class: "fine" }, T.loading));
    const found = await this.send("open_study", { rater: code });
    if (code !== this.code) return;
    this.task = { rater: code };
    if (found.phase !== "study") {
      this.draw(heading(T.heading), h("p", { class: "error", role: "alert" }, found.message));
      return;
    }
    this.study = found;
    if (found.agreed) this.act("resume_study");
    else this.consent();
  }

  item(found, focus) {
    this.task = found;
    const undo = found.undo ? this.undoButton() : null;
    const form = new ItemForm(this, found, undo);
    this.draw(
      h("div", { class: "card-head" }, heading(this.study?.name || this.T.heading), progress(found, this.T)),
      this.study?.guidelines ? guidelines(this.study, this.T, false) : "",
      found.texts.length === 1 ? examples(this.T) : pairExample(this.T),
      this.ofTheLast(),
      found.training ? h("p", { class: "notice" }, this.T.training) : "",
      ...itemTexts(found, this.T, form.markers),
      form.node,
      form.skip,
    );
    this.form = form;
    form.begin();
    if (focus) this.card.querySelector("h2").focus();
  }

  undoButton() {
    const onclick = () => this.act("undo_answer");
    return h("button", { type: "button", class: "quiet", onclick }, this.T.undo);
  }

  // An answer or a skip is stored: the next item comes by itself, but after a training item when the rater goes on.
  stored(found) {
    const { rater, assignment } = this.task;
    this.last = { rater, assignment, token: found.token, skipped: found.phase === "skipped" };
    this.task = { ...this.task, answered: true };
    tell(COMMAND.rated);
    if (found.lesson) this.lesson(found);
    else this.act("next_item");
  }

  // The expected answer that was on the page when it was reloaded.
  lessonAgain({ item, stored }) {
    this.task = { ...item, answered: true };
    this.sent = item.draft;
    this.last = { ...item, token: stored.token, skipped: stored.phase === "skipped" };
    this.lesson(stored);
  }

  lesson(found) {
    const { T } = this;
    const next = h("button", { type: "button", class: "primary", onclick: () => this.act("next_item") }, T.lesson_next);
    this.say("");
    this.draw(
      h("div", { class: "card-head" }, heading(this.study.name), progress(found, T)),
      ...itemTexts(this.task, T),
      lessonText(found.lesson, this.sent, T),
      h("p", { class: "error", role: "alert" }),
      h("div", { class: "form-end" }, next),
    );
    this.card.querySelector("#queue-lesson").focus();
  }

  // A line about the item that was answered before this one: it is saved, and what wrote it may be shown now.
  ofTheLast() {
    const { last, T } = this;
    if (!last) return "";
    const words = last.skipped ? T.skipped : T.submitted;
    const settings = h("div", { class: "settings", role: "status" });
    const reveal = h("button", { type: "button", class: "quiet" }, T.reveal);
    reveal.addEventListener("click", () => this.reveal(last, reveal, settings));
    this.say(words);
    return h(
      "div",
      { class: "queue-last" },
      h("p", { class: "thanks-line" }, words),
      last.skipped || this.study ? null : reveal,
      settings,
    );
  }

  async reveal({ rater, assignment, token }, button, place) {
    const { T } = this;
    const shown = await this.send("reveal_settings", { rater, assignment, token });
    if (shown.phase !== "revealed") {
      this.fail(shown.message);
      return;
    }
    const labels = shown.settings.length === 2 ? [T.reveal_left, T.reveal_right] : [T.reveal_single];
    const lines = shown.settings.map((setting, i) => h("p", {}, fill(labels[i], { setting: settingName(setting) })));
    place.replaceChildren(...lines, h("p", { class: "fine" }, T.reveal_note));
    button.hidden = true;
    this.card.querySelector("h2").focus();
  }

  endWords({ total }) {
    const { study, T } = this;
    if (!study) return counted(T, "done_body", total);
    return total ? T.study_done : T.study_wait;
  }

  finished(found) {
    const { T } = this;
    this.task = { rater: found.rater };
    this.draw(
      h(
        "div",
        { class: "card-head" },
        heading(this.study && !found.total ? this.study.name : T.done_heading),
        progress(found, T),
      ),
      this.ofTheLast(),
      h("p", { class: "queue-end" }, this.endWords(found)),
      this.study ? "" : h("p", { class: "fine" }, fill(T.rater, { rater: found.rater })),
      h("p", { class: "error", role: "alert" }),
      found.undo ? h("div", { class: "form-end" }, this.undoButton()) : "",
    );
    this.card.querySelector("h2").focus();
  }
}
