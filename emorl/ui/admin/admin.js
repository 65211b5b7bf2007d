// What the screens behind the log-in share: the session, the form that opens it, and calls with its token. The session
// lives in this script only, and is the same for all of them: who opens one has opened all. Where people sign in instead
// (settings.signed) there is no password; the server knows who calls. Where a session ends under a half-filled form, the form
// is put aside for the password and comes back after it.
import { h } from "../widgets/dom.js";
import { request } from "../widgets/server.js";

const screens = new Set();
let session = "";

export class AdminScreen {
  // A screen has `open(focus)`, which asks for what it shows and draws it. `style` is the class of its area.
  constructor({ element, props, server }, name, style) {
    this.T = props.text;
    this.settings = props.settings;
    this.name = name;
    this.server = server;
    this.locked = true; // the log-in is shown
    this.aside = null; // what was on the screen when the session ended
    this.area = h("div", { class: style });
    element.append(this.area);
    screens.add(this);
  }

  begin() {
    this.login("");
    if (session) this.open(false);
  }

  // Calls a function of the server with the token of the session.
  async ask(name, more) {
    const found = await this.call(name, { session, ...more });
    if (found.error && found.error === this.T.session && !this.locked) {
      const aside = [...this.area.childNodes];
      this.login(found.error);
      this.aside = aside;
    }
    return found;
  }

  // Draws the opened screen.
  put(...nodes) {
    this.locked = false;
    this.aside = null;
    this.area.replaceChildren(...nodes);
  }

  // Goes on where the session ended, or opens.
  goOn(focus) {
    if (this.aside) this.put(...this.aside);
    else if (this.locked) this.open(focus);
  }

  async call(name, data) {
    try {
      return await request(this.server, name, data);
    } catch {
      return { error: this.T.offline };
    }
  }

  login(message) {
    const { T, name, settings } = this;
    const heading = `${name}-heading`;
    const box = h("input", { type: "password", id: `${name}-password`, autocomplete: "current-password" });
    const wrong = h("p", { class: "error", role: "alert" });
    const form = h(
      "form",
      { class: "card", novalidate: true, "aria-labelledby": heading },
      h("h2", { class: "title", id: heading }, T.heading),
      h("p", { class: "fine" }, T.login_hint),
      h(
        "div",
        { class: "inputs" },
        settings.signed ? null : h("label", { class: "field" }, T.password, box),
        h("button", { type: "submit", class: "primary" }, T.login),
      ),
      wrong,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (settings.signed) this.open(true);
      else this.enter(box, wrong);
    });
    this.locked = true;
    this.aside = null;
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
    session = found.session;
    for (const screen of screens) screen.goOn(screen === this);
  }

  async leave() {
    await this.ask("leave");
    session = "";
    for (const screen of screens) screen.login("");
    this.area.querySelector("input, button").focus();
  }

  // The head of an opened screen.
  head(...buttons) {
    const title = h("h2", { class: "title", tabindex: "-1" }, this.T.heading);
    return {
      title,
      node: h(
        "div",
        { class: "card-head" },
        title,
        h("span", { class: "state" }),
        buttons,
        this.button(this.T.logout, () => this.leave()),
      ),
    };
  }

  button(label, onclick, style = "quiet") {
    return h("button", { type: "button", class: style, onclick }, label);
  }
}
