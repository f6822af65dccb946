// <situation-side>: alerts and things in one place, as tabs; on a small screen a sheet from below.
// Event: "tab".

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { STATES, figure, t } from "./words.js";

class SituationSide extends HTMLElement {
  #tab = "";
  #alerts = 0;
  chosen = false; // by a person: it stays then

  connectedCallback() {
    if (this.handle) return;
    this.panels = { alerts: this.querySelector("alert-list"), things: this.querySelector("thing-list") };
    this.said = h("span", { class: "said" });
    this.tally = h("span", { class: "tally" });
    this.handle = h("button", { type: "button", class: "handle", "aria-expanded": "false", onclick: () => this.open(!this.classList.contains("open")) }, this.said, icon("chevron-up"), this.tally);
    this.prepend(this.handle);
    if (!this.panels.alerts) return this.#show("things");
    this.tabs = Object.fromEntries([["alerts", t("Alerts")], ["things", t("Things")]].map(([name, word]) => [name, h("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, onclick: () => this.#choose(name) }, word, h("span", { class: "count" }))]));
    for (const [name, panel] of Object.entries(this.panels)) {
      panel.id = `panel-${name}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `tab-${name}`);
    }
    this.handle.after(h("div", { class: "side-tabs", role: "tablist", "aria-label": t("List"), onkeydown: (event) => this.#key(event) }, Object.values(this.tabs)));
    this.#show("things");
  }

  get tab() {
    return this.#tab;
  }

  /** "" leaves it to what there is. */
  set tab(name) {
    if (!(name in this.panels) || !this.panels[name]) return;
    this.chosen = true;
    this.#show(name);
  }

  #choose(name) {
    this.tab = name;
    this.dispatchEvent(new CustomEvent("tab"));
  }

  #key(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const other = this.#tab === "alerts" ? "things" : "alerts";
    this.#choose(other);
    this.tabs[other].focus();
  }

  #show(name) {
    this.#tab = name;
    for (const [key, panel] of Object.entries(this.panels)) if (panel) panel.hidden = key !== name;
    for (const [key, tab] of Object.entries(this.tabs ?? {})) {
      tab.setAttribute("aria-selected", String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
    }
  }

  /** How many there are; where something is wrong and nobody chose, that is shown first. */
  count(name, shown, worst = 0, total = shown) {
    const words = shown === total ? figure(shown) : t("{shown} of {total}", { shown: figure(shown), total: figure(total) });
    const place = this.tabs?.[name].querySelector(".count");
    if (place) {
      place.textContent = figure(shown);
      place.className = `count${worst ? ` s${worst}` : ""}`;
    }
    if (name === "alerts") {
      if (!this.chosen && this.tabs) this.#show(shown ? "alerts" : "things");
      this.#alerts = shown;
    } else this.things = words;
    this.said.textContent = [this.#alerts ? `${t("Alerts")} ${figure(this.#alerts)}` : "", `${t("Things")} ${this.things ?? ""}`].filter(Boolean).join(" · ");
  }

  set tallies(counts) {
    this.tally.replaceChildren(...[4, 3, 2, 1].filter((s) => counts[s]).map((s) => h("span", {}, shape(s, STATES[s]), figure(counts[s]))));
  }

  /** The sheet on a small screen. */
  open(on) {
    this.classList.toggle("open", on);
    this.handle.setAttribute("aria-expanded", String(on));
    this.handle.children[1].replaceWith(icon(on ? "chevron-down" : "chevron-up"));
  }
}

customElements.define("situation-side", SituationSide);
