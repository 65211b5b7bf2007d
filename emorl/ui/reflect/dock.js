// Keeps sliders and text in view together: the controls stay beside a long page, and the text is shown over the page
// while its own place is out of sight and the sliders are not.

const LEAST = 60; // pixels: a bar that ends nearer to the window's edge than this lies over the page
const GAP = 8; // pixels between what is held in view and the window's edge; the buttons have theirs in the stylesheet

// `place` holds `text`, where it belongs in its card.
export function keepInView(place, text) {
  const controls = () => document.getElementById("controls");
  const actions = () => document.getElementById("actions");
  const mixer = () => document.getElementById("widget-mixer");
  const isIn = (node) => {
    const { top, bottom } = node.getBoundingClientRect();
    return bottom > top && bottom > 0 && top < innerHeight;
  };
  const isShown = (node) => Boolean(node.textContent) && !node.hidden && !node.classList.contains("placeholder");
  let due = 0;

  function undock() {
    text.classList.remove("docked");
    text.removeAttribute("style");
    place.style.removeProperty("min-height");
    pad("top", 0);
    pad("bottom", 0);
  }

  const pad = (side, pixels) => document.documentElement.style.setProperty(`--dock-${side}`, `${pixels}px`);

  // At the bottom, above the buttons, where its place is below; at the top where it is above.
  function dock(above) {
    const over = (above ? place : actions()).getBoundingClientRect();
    if (!text.classList.contains("docked")) place.style.setProperty("min-height", `${place.offsetHeight}px`);
    text.classList.add("docked");
    text.style.setProperty("left", `${over.left}px`);
    text.style.setProperty("width", `${over.width}px`);
    text.style.setProperty("top", above ? `${GAP}px` : "auto");
    text.style.setProperty("bottom", above ? "auto" : `${Math.max(0, innerHeight - over.top)}px`);
    pad(above ? "top" : "bottom", text.offsetHeight + GAP);
    pad(above ? "bottom" : "top", 0);
  }

  function arrange() {
    due = 0;
    if (!mixer() || !actions()) return;
    const height = controls().offsetHeight;
    controls().style.setProperty("--controls-top", `${Math.min(GAP, innerHeight - height)}px`);
    const there = place.getBoundingClientRect();
    const needed = Math.min(there.height, innerHeight / 2); // a text is seen whole, unless it is very long
    const above = there.bottom < needed;
    const away = above || there.top + needed > floor(there);
    if (away && isShown(text) && isIn(mixer())) dock(above);
    else undock();
  }

  // Where what can be seen ends, down the column of the text.
  function floor({ left, right }) {
    const bar = actions().getBoundingClientRect();
    const over = bar.left < right && bar.right > left && bar.bottom > innerHeight - LEAST;
    return over ? bar.top : innerHeight;
  }

  function soon() {
    if (!due) due = requestAnimationFrame(arrange);
  }

  for (const name of ["scroll", "resize"]) addEventListener(name, soon, { passive: true });
  new MutationObserver(soon).observe(text, { childList: true, characterData: true, subtree: true });
  const sizes = new ResizeObserver(soon);
  for (const node of [place, controls()]) if (node) sizes.observe(node);
  soon();
}
