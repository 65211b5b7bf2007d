// Title, permanent notice, crisis contacts, and the way back to the welcome notice.
import { COMMAND, tell } from "../events.js";
import { contactList } from "../widgets/contacts.js";
import { h } from "../widgets/dom.js";
import { followStudyLinks } from "./follow.js";
import { tendTabsMenu } from "./tabs_menu.js";

export function banner({ element, props }) {
  const T = props.text;
  const welcome = () => tell(COMMAND.welcome);
  followStudyLinks(T.rate_tab);
  tendTabsMenu();
  element.append(
    h("header", { class: "masthead" }, h("h1", {}, T.title), h("p", { class: "tagline" }, T.tagline)),
    h(
      "aside",
      { class: "banner", "aria-label": T.label },
      h("p", {}, h("strong", {}, T.lead), " ", T.body),
      h("button", { type: "button", class: "quiet", id: "welcome-open", onclick: welcome }, T.welcome),
      h(
        "details",
        {},
        h("summary", {}, T.contacts),
        contactList(props.settings.contacts),
        h("p", { class: "fine" }, T.source),
      ),
    ),
  );
}
