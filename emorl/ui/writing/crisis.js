// In place of a reflection: people who can help now, and the way on for an invented exercise.
import { contactList } from "../widgets/contacts.js";
import { h } from "../widgets/dom.js";

// The way on takes two deliberate steps and is bound to `about`, the statement as it was sent: `now` reads the box, and
// `go` gets what the server expects.
export function crisisNotice({ contacts, about, now, go, id, T }) {
  const box = h("input", { type: "checkbox", id });
  const write = h("button", { type: "button", class: "secondary", disabled: true }, T.go);
  box.addEventListener("change", () => {
    write.disabled = !box.checked;
  });
  const problem = h("p", { class: "error", role: "alert" });
  write.addEventListener("click", () => {
    if (!box.checked) return;
    if (now() === about) {
      go({ confirmed: true, statement: about });
      return;
    }
    box.checked = false;
    box.focus();
    write.disabled = true;
    problem.textContent = T.changed;
  });
  return [
    h(
      "div",
      { class: "crisis", role: "alert" },
      h("h3", {}, T.heading),
      h("p", {}, T.body),
      h("h4", {}, T.contacts),
      contactList(contacts),
    ),
    h(
      "div",
      { class: "exercise" },
      h("p", { class: "consent" }, box, h("label", { for: id }, T.confirm)),
      write,
      problem,
    ),
  ];
}
