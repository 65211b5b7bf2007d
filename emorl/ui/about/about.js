// Crisis contacts on the About screen. It also makes the screen's wide tables and formulas scroll inside the page, where
// the keyboard reaches them: Gradio's Markdown has no setting for that.
element.append(
  h("section", { "aria-labelledby": "about-contacts" },
    h("h2", { id: "about-contacts" }, T.heading),
    h("p", { class: "about-note" }, T.note),
    contactList(props.settings.contacts)));

function wrap() {
  for (const wide of document.querySelectorAll("#about table, #about .katex-display")) {
    if (wide.parentElement.classList.contains("scroll")) continue;
    const box = h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": T.scroll });
    wide.replaceWith(box);
    box.append(wide);
  }
}

const screen = document.getElementById("about");
new MutationObserver(wrap).observe(screen, { childList: true, subtree: true });
wrap();
