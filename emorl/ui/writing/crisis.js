// In place of a reflection: people who can help now, and the way on for an invented exercise. That takes two deliberate
// steps and is bound to `about`, the statement as it was sent; `now` reads the box, `go` gets what the server expects.
function crisisNotice(contacts, about, now, go) {
  const id = scoped("exercise-confirm");
  const box = h("input", { type: "checkbox", id });
  const write = h("button", { type: "button", class: "secondary", disabled: true }, T.crisis.go);
  box.addEventListener("change", () => { write.disabled = !box.checked; });
  write.addEventListener("click", () => {
    if (!box.checked) return;
    if (now() !== about) { write.disabled = true; box.checked = false; return; }
    go({ confirmed: true, statement: about });
  });
  return [
    h("div", { class: "crisis", role: "alert" },
      h("h3", {}, T.crisis.heading), h("p", {}, T.crisis.body),
      h("h4", {}, T.crisis.contacts), contactList(contacts)),
    h("div", { class: "exercise" }, h("p", { class: "consent" }, box, h("label", { for: id }, T.crisis.confirm)), write),
  ];
}
