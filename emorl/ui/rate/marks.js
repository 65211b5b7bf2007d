// Words of a text that a rater can mark as wrong. The text is plain to read until "Mark words" is pressed; then every word is a
// button, by mouse or by keyboard: arrow keys go from word to word, Enter or space marks. A mark is the place of a word in
// the text, in characters as the server counts them.
import { h, keyMove } from "../widgets/dom.js";

export class Marker {
  // `side` is what the page calls the text; `changed` hears of every mark.
  constructor(side, text, T) {
    this.side = side;
    this.T = T;
    this.words = wordsOf(text);
    this.marked = new Set(); // numbers of words
    this.marking = false;
    this.current = 0; // the word that Tab reaches
    this.changed = () => {};
    this.text = h("p", { class: "words", dir: "auto" });
    const about = `queue-${side === "text" ? "single" : side}`; // the heading of the text
    const turn = () => this.turn();
    this.button = h("button", { type: "button", class: "quiet mark", "aria-describedby": about, onclick: turn });
    this.node = h("div", {}, this.text, this.button);
    this.text.addEventListener("keydown", (event) => this.move(event));
    this.draw();
  }

  // The marks, such as "left:4-9".
  places() {
    return [...this.marked].sort((a, b) => a - b).map((k) => this.place(k));
  }

  place(k) {
    const { from, word } = this.words[k];
    return `${this.side}:${from}-${from + [...word].length}`;
  }

  // Marks the words at the places of this text.
  set(places) {
    this.marked = new Set([...this.words.keys()].filter((k) => places.includes(this.place(k))));
    this.draw();
  }

  turn() {
    this.marking = !this.marking;
    this.draw();
    if (this.marking) this.focus(this.current);
  }

  toggle(k) {
    if (!this.marked.delete(k)) this.marked.add(k);
    this.current = k;
    this.draw();
    this.focus(k);
    this.changed();
  }

  move(event) {
    const to = keyMove(event, this.current, this.words.length - 1);
    if (!this.marking || to === undefined) return;
    event.preventDefault();
    this.current = to;
    this.draw();
    this.focus(to);
  }

  focus(k) {
    this.text.querySelectorAll("button")[k]?.focus();
  }

  draw() {
    const { T, marking } = this;
    this.button.textContent = marking ? T.mark_end : T.mark;
    for (const [name, value] of [
      ["role", "group"],
      ["aria-label", T.mark_group],
    ]) {
      if (marking) this.text.setAttribute(name, value);
      else this.text.removeAttribute(name);
    }
    this.text.replaceChildren(...this.words.flatMap(({ before, word }, k) => [before, this.word(word, k)]));
  }

  word(word, k) {
    const on = this.marked.has(k);
    if (!this.marking) return on ? h("mark", {}, word) : word;
    const tabindex = k === this.current ? "0" : "-1";
    const onclick = () => this.toggle(k);
    return h("button", { type: "button", "aria-pressed": String(on), tabindex, onclick }, word);
  }
}

// The words of a text, each with the space before it and its place in code points.
function wordsOf(text) {
  let from = 0;
  return [...text.matchAll(/(\s*)(\S+)/g)].map(([, before, word]) => {
    from += [...before].length;
    const found = { before, word, from };
    from += [...word].length;
    return found;
  });
}
