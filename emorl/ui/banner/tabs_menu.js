// The menu of the tabs that do not fit, by keyboard: Gradio closes it only by a click. Escape closes it, leaving it
// closes it, and after a choice the focus is on the tab that was opened.

const MENU = "#tabs .overflow-menu";
const LIST = `${MENU} .overflow-dropdown`;

export function tendTabsMenu() {
  const isOpen = () => Boolean(document.querySelector(LIST)?.checkVisibility());
  const button = () => document.querySelector(`${MENU} > button`);
  const close = () => {
    if (isOpen()) button().click();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.closest?.(MENU) || !isOpen()) return;
    close();
    button().focus();
  });
  document.addEventListener("focusin", (event) => {
    if (!event.target.closest?.(MENU)) close();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(LIST)) return;
    const chosen = () => document.querySelector("#tabs [role=tab][aria-selected=true]")?.focus();
    requestAnimationFrame(() => requestAnimationFrame(chosen)); // when Gradio has drawn the tabs anew
  });
}
