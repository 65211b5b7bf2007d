// The Why screen: a strip of words with stacked bars, everything about the chosen word, the reply as a whole. What is
// shown is asked for when the screen is opened.
import { hear, STATE } from "../events.js";
import { h, openTab, saveFile } from "../widgets/dom.js";
import { objectiveStyle } from "../widgets/numbers.js";
import { request } from "../widgets/server.js";
import { coalitionCard } from "./coalitions.js";
import { stripCard } from "./strip.js";
import { wholeCard } from "./whole.js";
import { wordPanel } from "./word.js";

export function why({ element, props, server }) {
  const T = props.text;
  const idle = idleCard(T);
  const busy = h("p", { class: "fine why-busy", role: "status" });
  const screen = h("div", { class: "why-screen", hidden: true });
  let about = null; // the text on Reflect
  let drawn = "";
  let visible = false;
  element.append(idle, busy, screen);

  function shown([text = null]) {
    about = text;
    if (keyOf(about) !== drawn) {
      drawn = "";
      screen.hidden = true;
      screen.replaceChildren();
      idle.hidden = Boolean(about);
      busy.textContent = "";
    }
    load();
  }

  async function load() {
    if (!visible || !about || keyOf(about) === drawn) return;
    const asked = about;
    drawn = keyOf(about);
    busy.textContent = T.why_loading;
    let answer;
    try {
      answer = await request(server, "explain", asked);
    } catch {
      answer = { phase: "error", message: T.unavailable };
    }
    if (keyOf(asked) !== keyOf(about)) return; // another text is shown meanwhile
    busy.textContent = "";
    idle.hidden = true;
    screen.hidden = false;
    if (answer.phase === "done") {
      draw(screen, facts(answer, T), { about: asked, server, T });
      return;
    }
    screen.replaceChildren(h("p", { class: "error", role: "alert" }, answer.message));
    drawn = "";
    about = null;
  }

  new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    load();
  }).observe(element);
  hear(STATE.texts, shown);
}

// What an explanation is of: a text with the weights that wrote it.
const keyOf = (about) => (about ? JSON.stringify([about.id, about.weights]) : "");

function idleCard(T) {
  const onclick = () => openTab(T.reflect_tab);
  return h(
    "section",
    { class: "card", "aria-labelledby": "why-idle" },
    h("h2", { class: "title", id: "why-idle" }, T.why_idle),
    h("p", { class: "fine" }, T.why_idle_steps),
    h("div", { class: "chips" }, h("button", { type: "button", class: "chip", onclick }, T.to_reflect)),
  );
}

// The explanation with what drawing it needs: style and label of each part by name, the names in order.
function facts(data, T) {
  const styles = { base: "o0" };
  const labels = { base: T.base };
  data.parts.forEach((part, k) => {
    styles[part.name] = objectiveStyle(k);
    labels[part.name] = part.label;
  });
  return { data, styles, labels, names: Object.keys(labels), sampled: data.temperature > 0 };
}

// What is explained: the statement, the text, and the reply as a whole in a few sentences.
function headCard({ statement }, { reflection, overall }, T) {
  const quote = (heading, words, style) => [h("h3", {}, heading), h("p", { class: style, dir: "auto" }, words)];
  return h(
    "section",
    { class: "card", id: "why-head", "aria-labelledby": "why-head-heading" },
    h("h2", { class: "title", id: "why-head-heading" }, T.heading),
    ...quote(T.said, statement, "why-said"),
    ...quote(T.written, reflection, "reflection-text why-text"),
    h("p", {}, overall.sentence),
  );
}

function draw(screen, facts, { about, server, T }) {
  const { data } = facts;
  let variants = null;
  const panel = h("div", { class: "word-body" });
  const spoken = h("p", { class: "sr", role: "status" });
  const strip = stripCard(facts, T, (index, speak) => {
    panel.replaceChildren(...wordPanel(data.words[index], facts, T));
    if (speak) spoken.textContent = data.words[index].sentence;
  });
  const save = () => {
    const { phase: _, ...explanation } = data;
    saveFile("why.json", "application/json", JSON.stringify({ ...explanation, variants }, null, 1));
  };
  const got = (answer) => {
    variants = answer;
  };
  screen.replaceChildren(
    headCard(about, data, T),
    coalitionCard(facts, { about, server, got }, T),
    strip.node,
    h(
      "section",
      { class: "card", id: "why-word", "aria-labelledby": "why-word-heading" },
      h("h2", { class: "title", id: "why-word-heading" }, T.word_heading),
      panel,
      spoken,
    ),
    wholeCard(facts, T),
    h(
      "section",
      { class: "card download" },
      h("button", { type: "button", class: "chip", onclick: save }, T.download),
      h("p", { class: "fine" }, T.download_hint),
    ),
  );
  strip.select(0, false);
}
