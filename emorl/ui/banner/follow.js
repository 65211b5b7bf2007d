// A rater's link to a study opens the Rate screen, now and when the address changes. It stays in the address, for a
// reload. The banner does it because it is on the page before the models are there.
import { openTab } from "../widgets/dom.js";
import { studyCode } from "../writing/link.js";

const TAB_WAIT_MS = 100;

export function followStudyLinks(label) {
  // The tabs may come later than the banner, and what happens to a click on them later still.
  function open() {
    if (!studyCode(location.hash.slice(1)) || document.getElementById("widget-queue")?.checkVisibility()) return;
    openTab(label);
    setTimeout(open, TAB_WAIT_MS);
  }
  addEventListener("hashchange", open);
  open();
}
