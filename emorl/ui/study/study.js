// The Study screen: the list of studies with the form for a new one, or one study; behind the log-in.
import { AdminScreen } from "../admin/admin.js";
import { h } from "../widgets/dom.js";
import { section } from "../widgets/section.js";
import { dataTable } from "../widgets/table.js";
import { newStudy } from "./make.js";
import { oneStudy } from "./one.js";

export function study(widget) {
  new Studies(widget, "study", "results study").begin();
}

class Studies extends AdminScreen {
  // The list; `message` says why a study could not be shown.
  async open(focus, message = "") {
    const { T } = this;
    const found = await this.ask("list_studies");
    if (found.error) {
      this.login(found.error);
      return;
    }
    const head = this.head(this.button(T.refresh, () => this.open(true)));
    const wrong = h("p", { class: "error", role: "alert" });
    const list = section(T.list_heading, "", this.list(found.studies), wrong);
    this.put(head.node, list, newStudy(this, found));
    wrong.textContent = message;
    if (focus) head.title.focus();
  }

  list(studies) {
    const { T } = this;
    if (!studies.length) return h("p", {}, T.list_empty);
    const row = ({ key, name, design }) => [
      name,
      T.designs[design],
      this.button(T.open_study, () => this.show(key, true)),
    ];
    return dataTable(T.list_heading, [T.list_name, T.list_design, T.open_study], studies.map(row), null);
  }

  // One study, by its key.
  async show(key, focus) {
    const found = await this.ask("show_study", { study: key });
    if (!found.error) this.draw(found, focus);
    else if (!this.locked) this.open(true, found.error);
  }

  draw(found, focus) {
    const { T } = this;
    const back = this.button(T.back, () => this.open(true));
    const head = this.head(
      back,
      this.button(T.refresh, () => this.show(found.key, true)),
    );
    head.title.textContent = found.name;
    this.put(head.node, ...oneStudy(this, found));
    if (focus) head.title.focus();
  }
}
