// The box for statements: pasted, or read from a file by the page itself, so that nothing is uploaded.
import { fill, h } from "../widgets/dom.js";

// `id` tells two boxes apart; what stands beside one is in the texts whose names begin with `kind`. `check` says what is
// wrong before anything is sent, or "".
export function importBox(T, id, max, kind = "import") {
  const box = h("textarea", {
    id,
    rows: 7,
    spellcheck: "false",
    autocomplete: "off",
    placeholder: T[`${kind}_example`],
    "aria-describedby": `${id}-hint`,
  });
  const wrong = h("p", { class: "error", role: "alert" });
  const file = h("input", { type: "file", id: `${id}-file`, accept: ".csv,.tsv,.txt,.jsonl,.json" });
  file.addEventListener("change", async () => {
    wrong.textContent = "";
    const [chosen] = file.files;
    if (!chosen) return;
    file.value = ""; // so that the same file can be chosen again
    const text = chosen.size > max ? null : await readText(chosen);
    if (text) box.value = text;
    else wrong.textContent = text === null ? tooLong(chosen.size) : T.import_not_utf8;
  });
  const tooLong = (got) => fill(T[`${kind}_too_long`], { got, max });
  const node = h(
    "div",
    { class: "import" },
    h("label", { class: "field-label", for: id }, T[`${kind}_label`]),
    h("p", { class: "fine", id: `${id}-hint` }, T[`${kind}_hint`]),
    box,
    h("div", { class: "import-file" }, h("label", { for: `${id}-file` }, T[`${kind}_file`]), file),
    wrong,
  );
  // As it is sent, where quotes and line ends count twice.
  function check() {
    const bytes = new TextEncoder().encode(JSON.stringify(box.value)).length;
    return bytes > max ? tooLong(bytes) : "";
  }
  return { node, check, text: () => box.value };
}

// The text of a file, or "" where it is none in UTF-8.
async function readText(chosen) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer());
  } catch {
    return "";
  }
}

// What is wrong: a line, and the faults of an import below it.
export function faultList(T) {
  const line = h("p", { class: "error", role: "alert" });
  const list = h("ul", { class: "faults", "aria-label": T.faults_heading });
  function show(found) {
    line.textContent = found.error || "";
    const faults = found.faults?.length > 1 ? found.faults : []; // one fault is the line itself
    list.replaceChildren(...faults.map((fault) => h("li", {}, fault)));
  }
  return { nodes: [line, list], show };
}
