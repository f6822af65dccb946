// <city-chart>: the past of one figure. Zoom by dragging, double-click goes back; the exact values are in a table beside it.

import uPlot from "../vendor/uplot.mjs";
import { h } from "./dom.js";
import { doubtful, figure, island, moment, t } from "./words.js";

const HEIGHT = 168;

class CityChart extends HTMLElement {
  #plot = null;
  #told = null;
  #ahead = []; // places of the outlook that lie after the past

  connectedCallback() {
    if (!this.reading) this.#build();
    this.observer.observe(this);
    this.mood.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    if (this.#told) this.show(...this.#told);
  }

  #build() {
    this.reading = h("div", { class: "reading", "aria-hidden": "true" }, h("span", {}), h("span", {}));
    this.place = h("div", { class: "place" });
    this.append(this.reading, this.place);
    this.observer = new ResizeObserver(() => this.#plot?.setSize({ width: this.clientWidth, height: HEIGHT }));
    this.mood = new MutationObserver(() => this.#told && this.show(...this.#told));
  }

  disconnectedCallback() {
    this.observer?.disconnect();
    this.mood?.disconnect();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** A sentence in place of a curve. */
  say(text) {
    this.#told = null;
    this.#plot?.destroy();
    this.#plot = null;
    this.place.replaceChildren(h("div", { class: "note" }, text));
    this.#read(null);
  }

  /** The curve that is shown has got longer; where it is zoomed, it stays so. */
  grow(from, to) {
    if (!this.#told || !this.#plot) return this.#told && this.show(this.#told[0], this.#told[1], from, to);
    const [curve] = this.#told;
    this.#told[2] = from;
    this.#told[3] = this.#until(to);
    this.#plot.setData(this.#columns(curve), !this.zoomed);
  }

  #until(to) {
    return Math.max(to, this.#told[1].outlook?.ms.at(-1) ?? 0);
  }

  /** The curve's columns; of what is to come, the band and the value in it, which begin where the past ends. */
  #columns(curve) {
    const { outlook } = this.#told[1];
    const past = [curve.ms.map((ms) => ms / 1000), curve.value, ...(curve.stepS ? [curve.low, curve.high] : [])];
    this.#ahead = outlook ? outlook.ms.map((_, at) => at).filter((at) => outlook.ms[at] > curve.ms.at(-1)) : [];
    if (!outlook) return past;
    const none = (length) => new Array(length).fill(null);
    return [
      [...past[0], ...this.#ahead.map((at) => outlook.ms[at] / 1000)],
      ...past.slice(1).map((column) => [...column, ...none(this.#ahead.length)]),
      ...["low", "high", "value"].map((name) => [...none(curve.ms.length - 1), curve.value.at(-1), ...this.#ahead.map((at) => outlook[name][at])]),
    ];
  }

  /** Draws a curve of /web/series for a figure, from `from` to `to` (ms); with `about.outlook` what is to come. */
  show(curve, about, from, to) {
    this.#told = [curve, about, from, to];
    this.#told[3] = this.#until(to);
    if (curve.ms.length < 2) return this.say(curve.ms.length ? t("Only one value in this time") : t("No values in this time"));
    this.#plot?.destroy();
    this.place.replaceChildren();
    const css = getComputedStyle(document.documentElement);
    const c = (name) => css.getPropertyValue(`--${name}`).trim();
    const data = this.#columns(curve);
    const first = curve.stepS ? 4 : 2; // column of the outlook
    const gap = curve.stepS ? curve.stepS * 2.5 : about.intervalS ? Math.max(about.intervalS, usual(curve.ms)) * 4 : 0;
    const values = curve.value.filter((v) => v !== null);
    const few = about.decimals ?? (Math.max(...values) - Math.min(...values) < 5 ? 2 : 0);
    const axis = { stroke: c("text-2"), grid: { stroke: c("line"), width: 1 }, ticks: { show: false }, font: `11px ${css.fontFamily || "sans-serif"}` };
    this.#plot = new uPlot({
      width: this.clientWidth || 340, height: HEIGHT, padding: [8, 16, 0, 0],
      tzDate: (s) => uPlot.tzDate(new Date(s * 1000), island.timezone),
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: true }, y: false, points: { size: 7 } },
      scales: { x: { range: (_u, low, high) => (this.zoomed ? [low, high] : [this.#told[2] / 1000, this.#told[3] / 1000]) }, y: { range: (_u, low, high) => this.#range(low, high, about) } },
      axes: [
        { ...axis, space: 64, size: 24, values: (_u, splits) => splits.map((s) => this.#tick(s, splits)) },
        { ...axis, size: 46, space: 30, values: (_u, splits) => splits.map((v) => figure(v, Math.min(few, 2))) },
      ],
      bands: [...(curve.stepS ? [{ series: [3, 2], fill: c("hover") }] : []), ...(about.outlook ? [{ series: [first + 1, first], fill: c("accent-soft") }] : [])],
      series: [
        {},
        { stroke: c("accent"), width: 1.5, spanGaps: false, gaps: (u, _s, i0, i1) => gaps(u, i0, i1, gap), points: { show: curve.ms.length < 40, size: 4, stroke: c("accent"), fill: c("surface") } },
        ...(curve.stepS ? [{ stroke: c("line-strong"), width: 0.5, points: { show: false } }, { stroke: c("line-strong"), width: 0.5, points: { show: false } }] : []),
        ...(about.outlook ? [{ stroke: c("line-strong"), width: 0.5, points: { show: false } }, { stroke: c("line-strong"), width: 0.5, points: { show: false } }, { stroke: c("accent"), width: 1.5, dash: [4, 3], points: { show: false } }] : []),
      ],
      hooks: {
        drawClear: [(u) => this.#alarms(u, about.alerts ?? [], c)],
        draw: [(u) => this.#limits(u, about.limits, c), (u) => this.#marks(u, curve, c), (u) => this.#moments(u, about.marks ?? [], c)],
        setCursor: [(u) => this.#read(u, curve, about)],
        setSelect: [() => { this.zoomed = true; }],
      },
    }, data, this.place);
    this.place.querySelector(".u-over")?.addEventListener("dblclick", () => {
      this.zoomed = false;
      this.#plot.setScale("x", { min: this.#told[2] / 1000, max: this.#told[3] / 1000 });
    });
    this.#read(null, curve, about);
  }

  #range(low, high, about) {
    if (low === null) return [0, 1];
    if (about.marks) for (const [, value] of about.limits) [low, high] = [Math.min(low, value), Math.max(high, value)]; // what it crossed is in sight
    const room = (high - low || Math.abs(high) || 1) * 0.12;
    const floor = about.minimum !== null && low >= 0 && about.minimum >= 0 ? Math.max(0, low - room) : low - room;
    return [floor, high + room];
  }

  #tick(s, splits) {
    const span = splits[splits.length - 1] - splits[0];
    return span > 2.5 * 86400 ? moment(s * 1000, "date") : moment(s * 1000, "time");
  }

  /** From which value on a state begins: a dashed line and its shape's colour. */
  #limits(u, limits, c) {
    const names = ["", "info", "minor", "major", "critical"];
    const pen = u.ctx;
    pen.save();
    for (const [state, value] of limits) {
      const y = u.valToPos(value, "y", true);
      if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue;
      pen.strokeStyle = c(names[state]);
      pen.lineWidth = devicePixelRatio;
      pen.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
      pen.beginPath();
      pen.moveTo(u.bbox.left, y);
      pen.lineTo(u.bbox.left + u.bbox.width, y);
      pen.stroke();
    }
    pen.restore();
  }

  /** When alerts were raised: a soft ground in their colour, and an edge where they began. */
  #alarms(u, alerts, c) {
    const names = ["", "info", "minor-fill", "major-fill", "critical-fill"];
    const pen = u.ctx;
    const { left, top, width, height } = u.bbox;
    pen.save();
    for (const alert of alerts) {
      const from = Math.max(left, u.valToPos(alert.startedMs / 1000, "x", true));
      const to = Math.min(left + width, alert.clearedMs === null ? left + width : u.valToPos(alert.clearedMs / 1000, "x", true));
      if (to < left || from > left + width) continue;
      pen.fillStyle = c(names[alert.state]);
      pen.globalAlpha = 0.13;
      pen.fillRect(from, top, Math.max(devicePixelRatio, to - from), height);
      pen.globalAlpha = 0.85;
      pen.fillRect(from, top, 1.5 * devicePixelRatio, height);
    }
    pen.restore();
  }

  /** Doubtful values are crossed, as a person would on paper. */
  #marks(u, curve, c) {
    const pen = u.ctx;
    pen.save();
    pen.strokeStyle = c("minor");
    pen.lineWidth = 1.5 * devicePixelRatio;
    curve.flags.forEach((flags, at) => {
      if (!doubtful(flags) || curve.value[at] === null) return;
      const x = u.valToPos(curve.ms[at] / 1000, "x", true);
      const y = u.valToPos(curve.value[at], "y", true);
      const r = 3.5 * devicePixelRatio;
      pen.beginPath();
      pen.moveTo(x - r, y - r);
      pen.lineTo(x + r, y + r);
      pen.moveTo(x - r, y + r);
      pen.lineTo(x + r, y - r);
      pen.stroke();
    });
    pen.restore();
  }

  /** Moments that are named: a thin line with its word. */
  #moments(u, marks, c) {
    const pen = u.ctx;
    pen.save();
    pen.font = `${11 * devicePixelRatio}px ${getComputedStyle(this).fontFamily}`;
    for (const [ms, word] of marks) {
      const x = u.valToPos(ms / 1000, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      pen.strokeStyle = pen.fillStyle = c("text-2");
      pen.lineWidth = devicePixelRatio;
      pen.beginPath();
      pen.moveTo(x, u.bbox.top);
      pen.lineTo(x, u.bbox.top + u.bbox.height);
      pen.stroke();
      const right = x > u.bbox.left + u.bbox.width * 0.85;
      pen.textAlign = right ? "right" : "left";
      pen.fillText(word, x + (right ? -5 : 5) * devicePixelRatio, u.bbox.top + 11 * devicePixelRatio);
    }
    pen.restore();
  }

  #read(u, curve, about) {
    const [left, right] = this.reading.children;
    const at = u?.cursor.idx;
    if (!curve || at === null || at === undefined) {
      left.textContent = curve ? `${about.label}${about.unit ? ` (${about.unit})` : ""}` : "";
      right.textContent = curve ? t("drag to zoom") : "";
      return;
    }
    if (at >= curve.ms.length) {
      const [o, there] = [about.outlook, this.#ahead[at - curve.ms.length]];
      left.textContent = `${t("Forecast for")} ${moment(o.ms[there], "short")}`;
      right.replaceChildren(h("strong", {}, figure(o.value[there], about.decimals)), about.unit ? ` ${about.unit}` : "", ` (${figure(o.low[there], about.decimals)} – ${figure(o.high[there], about.decimals)})`);
      return;
    }
    left.textContent = moment(curve.ms[at], curve.stepS ? "short" : "full");
    right.replaceChildren(h("strong", {}, figure(curve.value[at], about.decimals)), about.unit ? ` ${about.unit}` : "",
      curve.stepS ? ` (${figure(curve.low[at], about.decimals)} – ${figure(curve.high[at], about.decimals)})` : "");
  }
}

/** Seconds between two values, as it mostly was: what was filled in later lies further apart than what comes live. */
function usual(ms) {
  const between = ms.slice(1).map((at, i) => (at - ms[i]) / 1000).sort((a, b) => a - b);
  return between[Math.floor(between.length * 0.75)] ?? 0;
}

/** Where nothing was heard for long, the line is broken. */
function gaps(u, from, to, seconds) {
  const found = [];
  if (!seconds) return found;
  const x = u.data[0];
  for (let i = from + 1; i <= to; i++) {
    if (x[i] - x[i - 1] > seconds) uPlot.addGap(found, Math.round(u.valToPos(x[i - 1], "x", true)), Math.round(u.valToPos(x[i], "x", true)));
  }
  return found;
}

customElements.define("city-chart", CityChart);
