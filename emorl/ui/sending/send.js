// Sends what the screen shows to the rater's own blind queue; the statement is stored with it, so that is asked first.
let ids = []; // of one reflection or two; none while there is nothing to send
const tick = h("input", { type: "checkbox", id: scoped("send-consent"), "aria-describedby": scoped("send-help") });
const problem = h("p", { class: "error", role: "alert" });
const send = h("button", { type: "submit", class: "secondary" }, T.send);
const form = h("form", { novalidate: true, "aria-label": T.heading },
  h("p", { class: "fine" }, T.hint),
  h("div", { class: "consent" }, tick,
    h("div", {}, h("label", { for: scoped("send-consent") }, T.consent), h("p", { class: "fine", id: scoped("send-help") }, T.consent_help))),
  problem,
  h("div", { class: "form-end" }, send));
const sent = h("div", { role: "status" });
const card = h("section", { class: "card send", hidden: true, "aria-labelledby": scoped("send-heading") },
  h("h2", { class: "title", id: scoped("send-heading") }, T.heading), form, sent);
element.append(card);

hear(scoped("shown"), (found) => {
  ids = [found].flat().filter(Boolean);
  card.hidden = !ids.length;
  form.hidden = false;
  form.reset();
  send.disabled = false;
  problem.textContent = "";
  sent.replaceChildren();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (send.disabled) return;
  problem.textContent = tick.checked ? "" : T.missing;
  if (!tick.checked) { tick.focus(); return; }
  send.disabled = true;
  trigger("submit", { ids, consent: tick.checked });
});

function show(value) {
  send.disabled = false;
  problem.textContent = value?.phase === "error" ? value.message : "";
  if (value?.phase !== "sent") return;
  form.hidden = true;
  const line = h("p", { class: "thanks-line", tabindex: "-1" }, T.sent);
  sent.replaceChildren(line, h("p", { class: "fine" }, T.sent_hint),
    h("button", { type: "button", class: "quiet", onclick: () => openTab(T.rate_tab) }, T.to_rate));
  line.focus();
  tell("sent", true); // the Rate screen
}

watch("value", () => show(props.value));
