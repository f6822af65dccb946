// <time-slider>: the moment that is looked at. Drag it, step it with the arrow keys, or play; the marks are alerts.
// Events: "seek" {ms | null (now), settled}, "play" {speed | 0}.

import { h, icon, load } from "./dom.js";
import { island, moment, t } from "./words.js";

const HOUR = 3_600_000;
const SPANS = [[6 * HOUR, t("6 hours"), 60_000], [24 * HOUR, t("24 hours"), 300_000], [7 * 24 * HOUR, t("7 days"), 1_800_000], [30 * 24 * HOUR, t("30 days"), 7_200_000]];
const SPEEDS = [1, 10, 60, 600];
const SEVERITIES = ["", "info", "minor-fill", "major-fill", "critical-fill"];

class TimeSlider extends HTMLElement {
  #span = SPANS[1];
  #start = 0;
  #end = 0;
  #at = null; // null: now
  alerts = []; // of the stretch that is shown
  #speed = 60;
  #playing = false;
  #asked = 0;

  connectedCallback() {
    if (this.track) return;
    this.toggle = h("button", { type: "button", class: "icon-button play", onclick: () => this.#press() });
    this.speeds = h("div", { class: "segment speeds", role: "group", "aria-label": t("Speed") }, SPEEDS.map((speed) => h("button", { type: "button", "aria-pressed": String(speed === this.#speed), onclick: () => this.#choose(speed) }, `${speed}×`)));
    this.marks = h("canvas", { class: "marks", "aria-hidden": "true" });
    this.range = h("input", { type: "range", "aria-label": t("Moment"), oninput: () => this.#moved(false), onchange: () => this.#moved(true) });
    this.track = h("div", { class: "track" }, this.marks, this.range);
    this.label = h("span", { class: "label" });
    this.now = h("button", { type: "button", class: "button main", onclick: () => this.#say("seek", { ms: null, settled: true }) }, t("Now"));
    this.spans = h("select", { "aria-label": t("Stretch of time"), onchange: () => this.#stretch(SPANS[this.spans.value]) }, SPANS.map(([, word], at) => h("option", { value: at, selected: at === 1 }, word)));
    const dialog = h("button", { type: "button", class: "icon-button", "data-opens": "time", "aria-label": t("Look at another time"), title: t("Look at another time") }, icon("calendar-clock"));
    this.append(h("div", { class: "row" }, this.toggle, this.speeds, this.label, h("span", { class: "spring" }), this.now, this.spans, dialog), this.track);
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("Time"));
    new ResizeObserver(() => this.#draw()).observe(this.track);
    new MutationObserver(() => this.#draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.show(null);
    this.timer = setInterval(() => this.#at === null && this.show(null), 10_000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  /** The moment that is shown; null is now. */
  show(ms, playing = false) {
    this.#at = ms;
    this.#playing = playing;
    const now = Date.now();
    const [span, , step] = this.#span;
    const before = this.#start;
    if (ms === null) [this.#start, this.#end] = [now - span, now];
    else if (!(ms >= this.#start && ms <= this.#end)) {
      this.#end = Math.min(now, ms + (ms < this.#start ? span * 0.7 : span * 0.3));
      this.#start = this.#end - span;
    }
    this.range.min = Math.floor(this.#start / 1000);
    this.range.max = Math.floor(this.#end / 1000);
    this.range.step = playing ? 1 : step / 1000;
    this.range.value = Math.floor((ms ?? this.#end) / 1000);
    const said = ms === null ? t("Now") : moment(ms);
    this.range.setAttribute("aria-valuetext", said);
    if (this.label.dataset.ms !== String(ms)) {
      this.label.dataset.ms = String(ms);
      this.label.replaceChildren(...(ms === null ? [h("strong", {}, t("Now"))] : [icon("history"), h("strong", {}, moment(ms)), h("span", { class: "quiet" }, t("read only"))]));
    }
    this.now.hidden = ms === null;
    this.toggleAttribute("data-past", ms !== null);
    this.#button();
    if (Math.abs(before - this.#start) > span / 200) this.#fetch();
    this.#draw();
  }

  #button() {
    if (this.toggle.dataset.state === String(this.#playing)) return;
    this.toggle.dataset.state = String(this.#playing);
    const word = this.#playing ? t("Pause") : t("Play");
    this.toggle.replaceChildren(icon(this.#playing ? "pause" : "play"));
    this.toggle.setAttribute("aria-label", word);
    this.toggle.title = word;
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #moved(settled) {
    const ms = Number(this.range.value) * 1000;
    const last = Number(this.range.max) * 1000 - ms < this.#span[2];
    this.#say("seek", { ms: last ? null : ms, settled });
  }

  #press() {
    this.#say("play", { speed: this.#playing ? 0 : this.#speed });
  }

  #choose(speed) {
    this.#speed = speed;
    [...this.speeds.children].forEach((button, at) => button.setAttribute("aria-pressed", String(SPEEDS[at] === speed)));
    if (this.#playing) this.#say("play", { speed });
  }

  #stretch(span) {
    this.#span = span;
    const middle = this.#at ?? Date.now();
    this.#end = Math.min(Date.now(), middle + span[0] / 2);
    this.#start = this.#end - span[0];
    this.#fetch();
    this.show(this.#at, this.#playing);
  }

  /** What was raised in the stretch that is shown. */
  async #fetch() {
    if (!island.alerts) return;
    const asked = (this.#asked += 1);
    try {
      const found = await load("/web/alerts", { start: new Date(this.#start).toISOString(), end: new Date(this.#end).toISOString() });
      if (asked !== this.#asked) return;
      this.alerts = found.alerts;
      this.#draw();
    } catch {
      // The slider moves without marks.
    }
  }

  /** News of one alert. */
  hear(alert) {
    this.alerts = [alert, ...this.alerts.filter((other) => other.id !== alert.id)];
    this.#draw();
  }

  #draw() {
    const { clientWidth: w, clientHeight: hgt } = this.track;
    if (!w) return;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.marks.width = w * ratio;
    this.marks.height = hgt * ratio;
    const css = getComputedStyle(document.documentElement);
    const c = (name) => css.getPropertyValue(`--${name}`).trim();
    const pen = this.marks.getContext("2d");
    pen.scale(ratio, ratio);
    const edge = 8; // half the thumb
    const x = (ms) => edge + ((ms - this.#start) / (this.#end - this.#start)) * (w - 2 * edge);
    const base = 22;
    pen.font = `11px ${css.getPropertyValue("--font")}`;
    pen.textBaseline = "alphabetic";
    pen.fillStyle = c("text-3");
    pen.strokeStyle = c("line");
    let free = 0;
    for (const tick of ticks(this.#start, this.#end, w)) {
      const at = x(tick.ms);
      pen.globalAlpha = tick.day ? 1 : 0.7;
      pen.beginPath();
      pen.moveTo(Math.round(at) + 0.5, 2);
      pen.lineTo(Math.round(at) + 0.5, base + 8);
      pen.stroke();
      pen.globalAlpha = 1;
      const width = pen.measureText(tick.text).width;
      const left = Math.max(0, Math.min(w - width, at - width / 2));
      if (left < free) continue;
      pen.fillStyle = tick.day ? c("text-2") : c("text-3");
      pen.fillText(tick.text, left, hgt - 2);
      free = left + width + 10;
    }
    for (const alert of [...this.alerts].sort((a, b) => a.state - b.state)) {
      const from = Math.max(edge, x(alert.raisedMs));
      const to = Math.min(w - edge, x(alert.clearedMs ?? this.#end));
      if (to < edge || from > w - edge) continue;
      pen.fillStyle = c(SEVERITIES[alert.state]);
      const height = 2 + alert.state * 2;
      pen.globalAlpha = 0.32;
      pen.fillRect(from, base - height - 4, Math.max(2, to - from), height);
      pen.globalAlpha = 1;
      pen.fillRect(from, base - height - 4, 2, height);
    }
  }
}

/** Hours or days on the axis, as many as there is room for. */
function ticks(start, end, width) {
  const hours = [1, 2, 3, 6, 12, 24, 48, 120].find((every) => (width * every * HOUR) / (end - start) > 62) ?? 240;
  const found = [];
  for (let ms = Math.ceil(start / HOUR) * HOUR; ms <= end; ms += HOUR) {
    const [hour] = moment(ms, "time").split(":").map(Number);
    if (hours < 24 ? hour % hours !== 0 : hour !== 0) continue;
    if (hours > 24 && Math.round(ms / (24 * HOUR)) % (hours / 24) !== 0) continue;
    found.push({ ms, day: hour === 0, text: hour === 0 ? moment(ms, "date") : moment(ms, "time") });
  }
  return found;
}

customElements.define("time-slider", TimeSlider);
