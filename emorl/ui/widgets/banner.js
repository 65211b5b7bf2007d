// Title, permanent notice and crisis contacts.
element.append(
  h("header", { class: "masthead" },
    h("h1", {}, T.title),
    h("p", { class: "tagline" }, T.tagline)),
  h("aside", { class: "banner", "aria-label": T.label },
    h("p", {}, h("strong", {}, T.lead), " ", T.body),
    h("details", {},
      h("summary", {}, T.contacts),
      contactList(props.settings.contacts),
      h("p", { class: "fine" }, T.source))));
