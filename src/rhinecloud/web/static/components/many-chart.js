// <many-chart>: several curves on one axis of time; figures of one unit share a scale. Zoom by dragging, double-click goes
// back. It reads /web/series, or /web/figures where a method is chosen, and can be taken away as CSV.

import uPlot from "../vendor/uplot.mjs";
import { h, icon, load } from "./dom.js";
import { figure, island, moment, t } from "./words.js";

const HEIGHT = 380;
const COLOURS = ["accent", "major-fill", "good", "c-violet", "minor-fill", "critical-fill", "c-teal", "text-2"];

class ManyChart extends HTMLElement {
  #plot = null;

  connectedCallback() {
    this.curves = JSON.parse(this.getAttribute("curves"));
    [this.from, this.to] = [Number(this.getAttribute("start")), Number(this.getAttribute("end"))];
    this.reading = h("p", { class: "reading quiet", role: "status" }, t("Loading"));
    this.place = h("div", { class: "place" });
    this.save = h("button", { type: "button", class: "button", onclick: () => this.#save() }, icon("download"), "CSV");
    this.table = h("details", { class: "table", ontoggle: () => this.#fill() }, h("summary", {}, t("The same as a table")));
    this.replaceChildren(h("div", { class: "head" }, this.reading, this.save), this.place, this.table);
    new ResizeObserver(() => this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT })).observe(this);
    new MutationObserver(() => this.data && this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#load();
  }

  async #load() {
    const method = this.getAttribute("method");
    const asked = { start: new Date(this.from).toISOString(), end: new Date(this.to).toISOString() };
    try {
      const found = await Promise.all(this.curves.map(({ entity, attr }) =>
        load(method ? "/web/figures" : "/web/series", { ...asked, id: entity, attr, ...(method ? { method, step: this.getAttribute("step") } : {}) })));
      this.data = uPlot.join(found.map(({ ms, value }) => [ms.map((x) => x / 1000), value]));
    } catch (error) {
      this.reading.textContent = error.message;
      return;
    }
    this.#draw();
  }

  #draw() {
    const css = getComputedStyle(document.documentElement);
    const c = (name) => css.getPropertyValue(`--${name}`).trim();
    this.#plot?.destroy();
    this.place.replaceChildren();
    this.reading.textContent = t("drag to zoom");
    if (!this.data[0].length) {
      this.reading.textContent = t("No values in this time");
      return;
    }
    const units = [...new Set(this.curves.map((curve) => curve.unit))];
    const axis = { stroke: c("text-2"), grid: { stroke: c("line"), width: 1 }, ticks: { show: false }, font: `11px ${css.fontFamily || "sans-serif"}` };
    const many = this.to - this.from > 2.5 * 86_400_000;
    this.#plot = new uPlot({
      width: this.clientWidth, height: HEIGHT, padding: [10, 16, 0, 0], legend: { show: false },
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), island.timezone),
      cursor: { drag: { x: true, y: false, setScale: true }, y: false, points: { size: 7 } },
      scales: { x: { range: (_u, low, high) => (this.zoomed ? [low, high] : [this.from / 1000, this.to / 1000]) } },
      axes: [
        { ...axis, space: 70, size: 26, values: (_u, splits) => splits.map((s) => moment(s * 1000, many ? "date" : "time")) },
        ...units.map((unit, at) => ({ ...axis, scale: `u${at}`, side: at % 2 ? 1 : 3, size: 58, label: unit, labelSize: 16, labelFont: axis.font, grid: { ...axis.grid, show: at === 0 }, values: (_u, splits) => splits.map((v) => figure(v)) })),
      ],
      series: [{}, ...this.curves.map((curve, at) => ({
        label: curve.label, scale: `u${units.indexOf(curve.unit)}`, stroke: c(COLOURS[at]), width: 1.6, dash: at > 3 ? [6, 4] : undefined,
        spanGaps: true, points: { show: this.data[0].length < 60, size: 4 },
      }))],
      hooks: { setCursor: [(u) => this.#read(u)], setSelect: [() => { this.zoomed = true; }] },
    }, this.data, this.place);
    this.place.querySelector(".u-over").addEventListener("dblclick", () => {
      this.zoomed = false;
      this.#plot.setScale("x", { min: this.from / 1000, max: this.to / 1000 });
    });
    this.#fill();
  }

  #read(u) {
    const at = u.cursor.idx;
    this.reading.textContent = at === null || at === undefined ? t("drag to zoom") : moment(this.data[0][at] * 1000);
    for (const place of document.querySelectorAll("[data-curve]")) {
      const curve = this.curves[place.dataset.curve];
      const value = at === null || at === undefined ? null : this.data[Number(place.dataset.curve) + 1][at];
      place.textContent = value === null || value === undefined ? "" : `${figure(value, curve.decimals)} ${curve.unit}`;
    }
  }

  #fill() {
    if (!this.table.open || !this.data) return;
    this.table.querySelector(".table-wrap")?.remove();
    const rows = this.data[0].map((s, at) => h("tr", {}, h("td", { class: "nowrap" }, moment(s * 1000)), this.curves.map((curve, k) => h("td", { class: "number" }, figure(this.data[k + 1][at] ?? null, curve.decimals)))));
    this.table.append(h("div", { class: "table-wrap tall", tabindex: "0", role: "group", "aria-label": t("The same as a table") }, h("table", {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Time")), this.curves.map((curve) => h("th", { scope: "col", class: "number" }, `${curve.label}${curve.unit ? ` (${curve.unit})` : ""}`)))),
      h("tbody", {}, rows.reverse().slice(0, 1000)))));
  }

  #save() {
    if (!this.data) return;
    const quoted = (text) => `"${String(text).replaceAll('"', '""')}"`;
    const lines = [["time", ...this.curves.map((curve) => curve.label)], ["", ...this.curves.map((curve) => curve.unit)]].map((row) => row.map(quoted).join(","));
    this.data[0].forEach((s, at) => lines.push([new Date(s * 1000).toISOString(), ...this.curves.map((_c, k) => this.data[k + 1][at] ?? "")].join(",")));
    const link = h("a", { href: URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" })), download: "chart.csv" });
    link.click();
    URL.revokeObjectURL(link.href);
  }
}
customElements.define("many-chart", ManyChart);

// Another kind of things has other things and quantities: the page comes again with them.
document.querySelector("[data-sends-type]")?.addEventListener("change", ({ target }) => {
  target.form.elements.add.value = "";
  target.form.submit();
});
