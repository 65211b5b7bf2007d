// The Results screen: password, then tables, export, deletion. The session lives in this script only. Where people sign
// in instead (settings.signed) there is no password; the server knows who calls.
import { h } from "../widgets/dom.js";
import { request } from "../widgets/server.js";
import { exporter } from "./export.js";
import { purger } from "./purge.js";
import { section } from "./section.js";
import { agreement, counts, quality, ranking, regions } from "./tables.js";

export function results(widget) {
  new Results(widget).login("");
}

class Results {
  constructor({ element, props, server }) {
    this.T = props.text;
    this.signed = props.settings.signed;
    this.server = server;
    this.session = "";
    this.area = h("div", { class: "results" });
    element.append(this.area);
  }

  // Calls a function of the server with the token of the session.
  async ask(name, more) {
    return this.call(name, { session: this.session, ...more });
  }

  async call(name, data) {
    try {
      return await request(this.server, name, data);
    } catch {
      return { error: this.T.offline };
    }
  }

  login(message) {
    const { T } = this;
    this.session = "";
    const box = h("input", { type: "password", id: "results-password", autocomplete: "current-password" });
    const wrong = h("p", { class: "error", role: "alert" });
    const form = h(
      "form",
      { class: "card", novalidate: true, "aria-labelledby": "results-heading" },
      h("h2", { class: "title", id: "results-heading" }, T.heading),
      h("p", { class: "fine" }, T.login_hint),
      h(
        "div",
        { class: "inputs" },
        this.signed ? null : h("label", { class: "field" }, T.password, box),
        h("button", { type: "submit", class: "primary" }, T.login),
      ),
      wrong,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.signed) this.open(true);
      else this.enter(box, wrong);
    });
    this.area.replaceChildren(form);
    wrong.textContent = message;
  }

  async enter(box, wrong) {
    const found = await this.call("enter", box.value);
    box.value = "";
    wrong.textContent = found.error || "";
    if (found.error) {
      box.focus();
      return;
    }
    this.session = found.session;
    this.open(true);
  }

  async leave() {
    await this.ask("leave");
    this.login("");
  }

  async open(focus) {
    const { T } = this;
    const found = await this.ask("show_results");
    if (found.error) {
      this.login(found.error);
      return;
    }
    const data = found.results;
    const head = h("h2", { class: "title", tabindex: "-1" }, T.heading);
    const button = (label, onclick) => h("button", { type: "button", class: "quiet", onclick }, label);
    this.area.replaceChildren(
      h(
        "div",
        { class: "card-head" },
        head,
        h("span", { class: "state" }),
        button(T.refresh, () => this.open(true)),
        button(T.logout, () => this.leave()),
      ),
      section(T.counts_heading, "", counts(data, T)),
      section(T.agreement_heading, T.agreement_hint, agreement(data, T)),
      ranking(data, T),
      section(T.regions_heading, T.regions_hint, regions(data, T)),
      section(T.quality_heading, T.quality_hint, quality(data, T)),
      exporter(this),
      purger(this),
    );
    if (focus) head.focus();
  }
}
