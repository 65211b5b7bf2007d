// Phone numbers and links of crisis contacts: banner, crisis notice, About.
import { h } from "./dom.js";

// "Text WORD to NUMBER" opens a message, anything else a call.
function address(phone) {
  const texted = phone.match(/^Text (\S+) to ([\d ]+)$/);
  if (!texted) return `tel:${phone.replace(/[^+\d]/g, "")}`;
  return `sms:${texted[2].replaceAll(" ", "")}?body=${encodeURIComponent(texted[1])}`;
}

export function contactList(contacts) {
  return h("ul", { class: "contacts" }, contacts.map(contact));
}

function contact({ country, name, phone, url, note }) {
  const link = url ? h("a", { href: url, rel: "noreferrer", target: "_blank" }, name) : name;
  return h(
    "li",
    {},
    h("span", { class: "contact-country" }, country),
    h("span", { class: "contact-name" }, link),
    phone ? h("a", { class: "contact-phone", href: address(phone) }, phone) : null,
    note ? h("span", { class: "contact-note" }, note) : null,
  );
}
