// Sends what the screen shows to the rater's own blind queue; the statement is stored with it, so that is asked first.
import { hear, STATE, tell } from "../events.js";
import { h, isOff, openTab, setOff } from "../widgets/dom.js";

export function send({ element, props, trigger, watch }) {
  const T = props.text;
  const { scope } = props.settings;
  const { card, form, tick, problem, button, sent } = layout(T, (name) => scope + name);
  let texts = []; // one or several of a statement; none while there is nothing to send
  element.append(card);

  hear(
    STATE.texts,
    (found) => {
      const other = keyOf(found) !== keyOf(texts);
      texts = found;
      if (!other) return;
      card.hidden = !texts.length;
      form.hidden = false;
      form.reset();
      setOff(button, false);
      problem.textContent = "";
      sent.replaceChildren();
    },
    scope,
  );

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isOff(button)) return;
    problem.textContent = tick.checked ? "" : T.missing;
    if (!tick.checked) {
      tick.focus();
      return;
    }
    setOff(button, true);
    const named = texts.map(({ id, weights, text }) => ({ id, weights, text }));
    trigger("submit", { texts: named, consent: tick.checked });
  });

  function show(value) {
    setOff(button, false);
    problem.textContent = value?.phase === "error" ? value.message : "";
    if (value?.phase !== "sent") return;
    form.hidden = true;
    const line = h("p", { class: "thanks-line", tabindex: "-1" }, T.sent);
    const onclick = () => openTab(T.rate_tab);
    const go = h("button", { type: "button", class: "quiet", onclick }, T.to_rate);
    sent.replaceChildren(line, h("p", { class: "fine" }, T.sent_hint), go);
    line.focus();
    tell(STATE.sent, true);
  }

  watch("value", () => show(props.value));
}

const keyOf = (texts) => JSON.stringify(texts.map(({ id, text }) => [id, text]));

function layout(T, id) {
  const tick = h("input", { type: "checkbox", id: id("send-consent"), "aria-describedby": id("send-help") });
  const problem = h("p", { class: "error", role: "alert" });
  const button = h("button", { type: "submit", class: "secondary" }, T.send);
  const form = h(
    "form",
    { novalidate: true, "aria-label": T.heading },
    h("p", { class: "fine" }, T.hint),
    h(
      "div",
      { class: "consent" },
      tick,
      h(
        "div",
        {},
        h("label", { for: id("send-consent") }, T.consent),
        h("p", { class: "fine", id: id("send-help") }, T.consent_help),
      ),
    ),
    problem,
    h("div", { class: "form-end" }, button),
  );
  const sent = h("div", { role: "status" });
  const heading = id("send-heading");
  const card = h(
    "section",
    { class: "card send", hidden: true, "aria-labelledby": heading },
    h("h2", { class: "title", id: heading }, T.heading),
    form,
    sent,
  );
  return { card, form, tick, problem, button, sent };
}
