// Crisis contacts on the About screen. It also makes the screen's wide tables and formulas scroll inside the page, where
// the keyboard reaches them: Gradio's Markdown has no setting for that.
import { contactList } from "../widgets/contacts.js";
import { h } from "../widgets/dom.js";

export function about({ element, props }) {
  const T = props.text;
  element.append(
    h(
      "section",
      { "aria-labelledby": "about-contacts" },
      h("h2", { id: "about-contacts" }, T.heading),
      h("p", { class: "about-note" }, T.note),
      contactList(props.settings.contacts),
    ),
  );
  const wrap = () => {
    for (const wide of document.querySelectorAll("#about table, #about .katex-display")) makeScroll(wide, T.scroll);
  };
  new MutationObserver(wrap).observe(document.getElementById("about"), { childList: true, subtree: true });
  wrap();
}

function makeScroll(wide, label) {
  if (wide.parentElement.classList.contains("scroll")) return;
  const box = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": label });
  wide.replaceWith(box);
  box.append(wide);
}
