// <alert-list>: what is wrong, the worst first. It does not move under the reader: what came since waits behind a button.
// Events: "choose" {id} (of the thing), "refresh".

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { STATES, age, figure, moment, n, t } from "./words.js";

class AlertList extends HTMLElement {
  #shown = [];
  #waiting = new Map(); // id → alert
  #selected = null;

  connectedCallback() {
    if (this.list) return;
    this.news = h("button", { type: "button", class: "news", hidden: true, onclick: () => this.#refresh() });
    this.list = h("ul", { class: "rows", role: "listbox", "aria-label": t("Alerts"), tabindex: "-1", onkeydown: (event) => this.#key(event), onclick: (event) => this.#click(event) });
    this.append(this.news, this.list);
  }

  get count() {
    return this.#shown.filter((alert) => alert.raised).length + [...this.#waiting.values()].filter((a) => a.raised).length;
  }

  /** The alerts of one moment, in the order to show. */
  show(alerts, ms = null) {
    this.ms = ms;
    this.#shown = alerts;
    this.#waiting.clear();
    this.news.hidden = true;
    const held = this.list.contains(document.activeElement);
    this.list.replaceChildren(...(alerts.length ? alerts.map((alert) => this.#row(alert)) : [this.#empty()]));
    this.#rove();
    if (held) this.list.querySelector('[tabindex="0"]')?.focus();
  }

  #empty() {
    return h("li", { class: "empty", role: "presentation" }, icon("circle-check"), h("strong", {}, this.ms ? t("Nothing was wrong then") : t("Nothing is wrong")), h("span", {}, t("No rule sees a risk.")));
  }

  #row(alert) {
    const number = alert.number === null ? "" : `${figure(alert.number)}${alert.unit ? ` ${alert.unit}` : ""}`;
    return h("li", { class: `row alert${alert.raised ? "" : " over"}`, role: "option", tabindex: "-1", "data-id": alert.id, "aria-selected": String(alert.entity === this.#selected) },
      shape(alert.raised ? alert.state : 0, alert.raised ? STATES[alert.state] : t("over")),
      h("span", { class: "name" }, alert.title), h("span", { class: "value" }, number),
      h("span", { class: "kind" }, alert.name, alert.acknowledged ? [" · ", icon("check"), ` ${alert.acknowledged}`] : ""),
      h("span", { class: "age", "data-ms": alert.startedMs, title: moment(alert.startedMs) }, alert.raised ? age(alert.startedMs) : t("over")));
  }

  /** News of one alert, while it is read: filled in where it stands, or kept for later. */
  hear(alert) {
    const at = this.#shown.findIndex((other) => other.id === alert.id);
    if (at >= 0) {
      this.#shown[at] = alert;
      const row = this.list.querySelector(`[data-id="${CSS.escape(alert.id)}"]`);
      const made = this.#row(alert);
      made.tabIndex = row?.tabIndex ?? -1;
      const held = row === document.activeElement;
      row?.replaceWith(made);
      if (held) made.focus();
    } else if (alert.raised) {
      if (!this.#shown.length) return this.show([alert], this.ms);
      this.#waiting.set(alert.id, alert);
    } else this.#waiting.delete(alert.id);
    this.news.hidden = !this.#waiting.size;
    if (this.#waiting.size) this.news.replaceChildren(icon("bell"), n("{n} new alert: show", "{n} new alerts: show", this.#waiting.size));
  }

  #refresh() {
    const all = [...this.#waiting.values(), ...this.#shown.filter((alert) => alert.raised)];
    this.show(all.sort((a, b) => b.state - a.state || b.raisedMs - a.raisedMs), this.ms);
    this.list.querySelector('[role="option"]')?.focus();
  }

  tick() {
    for (const element of this.list.querySelectorAll(".age[data-ms]")) {
      if (!element.closest(".over")) element.textContent = age(Number(element.dataset.ms));
    }
  }

  select(entity) {
    this.#selected = entity;
    const of = new Set(this.#shown.filter((one) => one.entity === entity).map((one) => one.id));
    for (const row of this.list.querySelectorAll('[role="option"]')) {
      const chosen = String(of.has(row.dataset.id));
      if (row.getAttribute("aria-selected") !== chosen) row.setAttribute("aria-selected", chosen);
    }
  }

  #rove() {
    this.list.querySelectorAll('[role="option"]').forEach((row, at) => { row.tabIndex = at ? -1 : 0; });
  }

  #choose(row) {
    const alert = this.#shown.find((one) => one.id === row.dataset.id);
    if (alert) this.dispatchEvent(new CustomEvent("choose", { detail: { id: alert.entity, alert } }));
  }

  #click(event) {
    const row = event.target.closest('[role="option"]');
    if (row) this.#choose(row);
  }

  #key(event) {
    const row = event.target.closest('[role="option"]');
    if (!row) return;
    const rows = [...this.list.querySelectorAll('[role="option"]')];
    const at = rows.indexOf(row);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      for (const one of rows) one.tabIndex = one === next ? 0 : -1;
      next.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#choose(row);
    }
  }

  focusFirst() {
    this.list.querySelector('[role="option"]')?.focus();
  }
}

customElements.define("alert-list", AlertList);
