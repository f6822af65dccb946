// <past-chart>: the past of one figure as a curve with its limits, and the same as a table. It reads /web/series.
// Attributes: entity, attr, dataset, label, unit, decimals, start, end (ms), limits (JSON: [[state, value], …]),
// marks (JSON: [[ms, text], …]: moments that are named under the curve).

import "./city-chart.js";
import { h, load } from "./dom.js";
import { figure, moment, n, quality, t } from "./words.js";

class PastChart extends HTMLElement {
  connectedCallback() {
    this.chart = h("city-chart");
    this.table = h("details", { class: "table", ontoggle: () => this.#fill() }, h("summary", {}, t("The same as a table")));
    this.replaceChildren(this.chart, this.table);
    this.#show();
  }

  #says(name, otherwise = "") {
    return this.getAttribute(name) ?? otherwise;
  }

  async #show() {
    const [from, to] = [Number(this.#says("start")), Number(this.#says("end"))];
    const iso = (ms) => new Date(ms).toISOString();
    try {
      this.curve = await load("/web/series", { id: this.#says("entity"), attr: this.#says("attr"), dataset: this.#says("dataset"), start: iso(from), end: iso(to) });
    } catch (error) {
      return this.chart.say(error.message);
    }
    const about = {
      label: this.#says("label"), unit: this.#says("unit"), decimals: this.hasAttribute("decimals") ? Number(this.#says("decimals")) : null,
      minimum: null, maximum: null, limits: JSON.parse(this.#says("limits", "[]")), marks: this.hasAttribute("marks") ? JSON.parse(this.#says("marks")) : null, intervalS: null,
    };
    this.chart.show(this.curve, about, from, to);
    if (this.table.open) this.#fill();
  }

  #fill() {
    if (!this.table.open || !this.curve || this.table.querySelector("table")) return;
    const { ms, value, flags, low, high, stepS } = this.curve;
    const decimals = this.hasAttribute("decimals") ? Number(this.#says("decimals")) : null;
    const unit = this.#says("unit");
    const rows = ms.map((at, i) => h("tr", {}, h("td", { class: "nowrap" }, moment(at)), h("td", { class: "number" }, `${figure(value[i], decimals)} ${unit}`),
      h("td", {}, stepS ? `${figure(low[i], decimals)} – ${figure(high[i], decimals)}` : quality(flags[i]).join(", "))));
    this.table.append(h("div", { class: "table-wrap tall", tabindex: "0", role: "group", "aria-label": this.#says("label") },
      h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Time")), h("th", { scope: "col", class: "number" }, t("Value")), h("th", { scope: "col" }, stepS ? t("Lowest – highest") : t("Quality")))),
        h("tbody", {}, rows.reverse().slice(0, 500)))), h("p", { class: "quiet" }, n("{n} value", "{n} values", ms.length)));
  }
}
customElements.define("past-chart", PastChart);
