// The statements of a study with what each method wrote, so that they can be read before raters do; asked for when they
// are unfolded.
import { fill, h } from "../widgets/dom.js";
import { settingName } from "../widgets/numbers.js";

export function studyTexts(screen, found) {
  const { T } = screen;
  const place = h("div", { class: "texts" });
  const folded = h("details", {}, h("summary", {}, T.read_texts), place);
  folded.addEventListener("toggle", async () => {
    if (!folded.open) return;
    place.replaceChildren(h("p", { role: "status" }, T.read_loading));
    const said = await screen.ask("show_texts", { study: found.key });
    if (said.error) place.replaceChildren(h("p", { class: "error", role: "alert" }, said.error));
    else place.replaceChildren(...said.statements.map((one, index) => statement(one, index + 1, T)));
  });
  return folded;
}

function statement({ statement: said, texts, written }, number, T) {
  const none = written ? T.read_none : T.read_waiting;
  return h(
    "section",
    {},
    h("h3", {}, fill(T.read_line, { number })),
    h("p", { class: "texts-said", dir: "auto" }, said),
    texts.length
      ? h(
          "dl",
          {},
          texts.map(({ method, text }) => [h("dt", {}, settingName(method)), h("dd", { dir: "auto" }, text)]),
        )
      : h("p", { class: "fine" }, none),
  );
}
