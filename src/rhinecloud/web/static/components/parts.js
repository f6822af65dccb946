// What /parts shows of the islands: shapes and charts with made-up figures.

import "./city-chart.js";
import { h } from "./dom.js";
import { shape } from "./shapes.js";
import { STATES } from "./words.js";

customElements.define("parts-shapes", class extends HTMLElement {
  connectedCallback() {
    this.replaceChildren(...STATES.map((word, state) => h("span", {}, shape(state), word)));
  }
});

customElements.define("parts-chart", class extends HTMLElement {
  connectedCallback() {
    const chart = h("city-chart");
    this.replaceChildren(chart);
    const to = Date.now();
    const from = to - 24 * 3_600_000;
    const ms = this.hasAttribute("data-empty") ? [] : Array.from({ length: 96 }, (_, at) => from + at * 900_000);
    const value = ms.map((_, at) => 7 + Math.sin(at / 12) * 1.2 + (at === 60 ? 3 : 0));
    const curve = { stepS: null, ms, value, low: [], high: [], flags: ms.map((_, at) => (at === 60 ? 16 : 0)), receivedMs: ms, source: [], raw: [] };
    chart.show(curve, { label: "Pegel", unit: "m", decimals: 2, minimum: 0, maximum: 14, limits: [[2, 7], [3, 9.3]], intervalS: 900 }, from, to);
  }
});
