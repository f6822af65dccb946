// <command-line>: a line for those who do not want the mouse. "/" opens it on the screens of the command centre, ":" on
// all. While it is typed the server says what it will do; Enter does it, Esc leaves. Where several things are called so,
// arrows choose.

import { command, refused, undo } from "./commands.js";
import { h } from "./dom.js";

const SOON_MS = 70;

class CommandLine extends HTMLElement {
  #asked = 0;
  #timer = 0;
  #from = null;
  #at = -1;

  connectedCallback() {
    this.input = this.querySelector("input");
    this.says = this.querySelector(".says");
    this.warns = this.querySelector(".warns");
    this.list = this.querySelector("ul");
    this.input.addEventListener("input", () => this.#soon());
    this.addEventListener("keydown", (event) => this.#key(event));
    this.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#enter();
    });
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[data-line]");
      if (option) this.#send(option.dataset.line);
    });
    this.addEventListener("focusout", (event) => { if (!this.contains(event.relatedTarget)) setTimeout(() => { if (!this.contains(document.activeElement)) this.#close(false); }, 120); });
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.target.closest("input, textarea, select, [contenteditable]")) return;
      if (event.key !== ":" && !(event.key === "/" && this.dataset.first !== undefined)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.open();
    }, { capture: true });
  }

  open(line = "") {
    if (this.hidden) this.#from = document.activeElement;
    this.hidden = false;
    this.input.value = line;
    this.#show({ says: "", warns: "", options: [] });
    this.input.focus();
    if (line) this.#soon();
  }

  #close(back = true) {
    if (this.hidden) return;
    this.hidden = true;
    this.#asked++;
    if (back) this.#from?.focus?.();
  }

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), SOON_MS);
  }

  async #ask() {
    const asked = ++this.#asked;
    const answer = await fetch(`/web/command?${new URLSearchParams({ q: this.input.value })}`, { credentials: "same-origin", headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok || asked !== this.#asked) return;
    this.#show(await answer.json());
  }

  #show({ says, warns, options, ready = false }) {
    this.#at = -1;
    this.says.textContent = says;
    this.says.classList.toggle("ready", ready);
    this.warns.textContent = warns;
    this.warns.hidden = !warns;
    this.list.replaceChildren(...options.map((one, at) => h("li", { role: "option", id: `command-${at}`, "aria-selected": "false", "data-line": one.line }, h("b", {}, one.label), one.detail ? h("span", { class: "quiet" }, one.detail) : null)));
    this.list.hidden = !options.length;
    this.input.setAttribute("aria-expanded", String(options.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (event.key === "Escape") this.#close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.#choose(event.key === "ArrowDown" ? 1 : -1);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #choose(way) {
    const all = [...this.list.children];
    if (!all.length) return;
    this.#at = (this.#at + way + all.length) % all.length;
    all.forEach((one, at) => one.setAttribute("aria-selected", String(at === this.#at)));
    this.input.setAttribute("aria-activedescendant", all[this.#at].id);
  }

  #enter() {
    const chosen = this.list.children[this.#at];
    const line = chosen ? chosen.dataset.line : this.input.value.trim();
    if (!line) return this.#close();
    if (/^(undo|zurück|zurueck)$/i.test(line)) {
      this.#close();
      undo();
    } else this.#send(line);
  }

  async #send(line) {
    clearTimeout(this.#timer);
    try {
      await command({ line });
      this.#close();
    } catch (error) {
      if (error.status === 400 && !this.hidden) await this.#ask(); // it stands there, and says what is not understood
      else this.#close();
      refused(error);
    }
  }
}
customElements.define("command-line", CommandLine);
