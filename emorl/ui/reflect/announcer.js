// What a screen reader is told of a reflection: whole sentences as they are written, so that it is not interrupted at
// each word, and of a finished text what is still missing.
import { h } from "../widgets/dom.js";
import { faithfulWords } from "../writing/faithful.js";

const SENTENCE_END = /[.!?]["”’)]*(?=\s[^.!?]*$)/;

// `live` is the element whose new paragraphs are read out.
export function announcer(live, T) {
  let announced = 0; // characters that were read out
  let spoken = ""; // id of the last text that was read out as a whole

  function forget() {
    live.replaceChildren();
    announced = 0;
  }

  function upTo(ends, text) {
    if (ends <= announced) return false;
    live.append(h("p", {}, text.slice(announced, ends).trim()));
    announced = ends;
    return true;
  }

  return {
    forget,
    draft: (text) => upTo(text.search(SENTENCE_END) + 1, text),
    // Only once, although the last step comes twice; a text that was brought back is read out again.
    whole({ id, text, recalled, faithfulness }) {
      if (recalled && id !== spoken) forget();
      if (upTo(text.length, text) && faithfulness) live.append(h("p", {}, faithfulWords(faithfulness, T)));
      spoken = id;
    },
    replace: (text) => live.replaceChildren(h("p", {}, text)),
  };
}
