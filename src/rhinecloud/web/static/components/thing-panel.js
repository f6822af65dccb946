// <thing-panel>: one thing with its figures, their units, ages and quality, its past and its evidence.
// Events: "close", "locate" {id}, "moment" {ms}.

import "./city-chart.js";
import "./pack-panels.js";
import { act, h, icon, load } from "./dom.js";
import { shape } from "./shapes.js";
import { toast } from "./toast.js";
import { STATES, age, doubtful, figure, island, moment, n, quality, t } from "./words.js";

const HOUR = 3_600_000;
const SPANS = [["24h", 24 * HOUR, t("24 h")], ["7d", 7 * 24 * HOUR, t("7 days")], ["30d", 30 * 24 * HOUR, t("30 days")]];
const SOURCES = { device: t("Device"), feed: t("Feed"), person: t("Person"), token: t("Interface"), file: t("File"), system: t("System") };

class ThingPanel extends HTMLElement {
  #thing = null;
  #attr = null;
  #span = SPANS[0];
  #again = null;
  #loading = null;
  #alerts = []; // of this thing, the newest first

  get thing() {
    return this.#thing?.id ?? null;
  }

  /** Shows a thing; null closes. */
  async show(id) {
    this.#loading?.abort();
    clearTimeout(this.#again);
    this.#again = null;
    if (id === null) {
      this.#thing = null;
      this.#alerts = [];
      this.replaceChildren();
      return;
    }
    const anew = this.#thing?.id !== id;
    if (anew) {
      this.#thing = { id };
      this.#attr = null;
      this.#alerts = [];
      this.replaceChildren(this.#head(null), h("section", { "aria-busy": "true" }, h("span", { class: "skeleton" }), h("span", { class: "skeleton" }), h("span", { class: "skeleton" })));
    }
    this.#loading = new AbortController();
    const shown = island.at;
    try {
      [this.#thing] = await Promise.all([load("/web/thing", { id, at: shown }, this.#loading.signal), anew || shown !== this.shown ? this.#alarms(id) : null]);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.replaceChildren(this.#head(null), h("section", {}, h("p", { class: "notice major" }, icon("triangle-alert"), error.status === 404 ? t("This thing does not exist any more, or is not open to you.") : error.message)));
      return;
    }
    const moved = !anew && shown !== this.shown;
    this.shown = shown;
    this.#draw(anew, moved);
  }

  /** What was raised of it in the last weeks, for the marks on the chart; what is raised at the moment stands above. */
  async #alarms(id) {
    if (!island.alerts) return;
    const end = island.at ? Date.parse(island.at) : Date.now();
    const asked = { entity: id, start: new Date(end - SPANS[2][1]).toISOString(), end: new Date(end + 1000).toISOString() };
    this.#alerts = await load("/web/alerts", asked).then((found) => found.alerts, () => []);
  }

  /** One of its alerts changed. */
  async alarmed() {
    if (!this.#thing) return;
    await this.#alarms(this.#thing.id);
    if (this.#thing?.figures) this.#draw(false);
  }

  /** Its figures changed: loaded anew, but not more often than once a second. */
  refresh() {
    if (!this.#thing || this.#again) return;
    this.#again = setTimeout(() => {
      this.#again = null;
      if (this.#thing) this.show(this.#thing.id);
    }, 1000);
  }

  tick() {
    for (const element of this.querySelectorAll("[data-ms]")) element.textContent = age(Number(element.dataset.ms));
  }

  #draw(anew, moved = false) {
    const thing = this.#thing;
    const charted = thing.figures.filter((f) => f.chart);
    if (!charted.some((f) => key(f) === this.#attr)) this.#attr = charted.length ? key(charted[0]) : null;
    const main = thing.figures.find((f) => f.main) ?? null;
    const told = new Set((thing.panels ?? []).flatMap((panel) => panel.outlooks.map((one) => `${one.attr}Forecast`)));
    const others = thing.figures.filter((f) => f !== main && !told.has(f.attr));
    const panels = (anew ? null : this.querySelector("pack-panels")) ?? h("pack-panels");
    panels.tell(thing, (f) => this.#figure(f));
    const focused = this.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const chart = anew ? null : this.querySelector(".past");
    const raw = anew ? null : this.querySelector(".evidence");
    const top = this.scrollTop;
    this.#place([
      this.#head(thing),
      ...(main ? [h("section", {}, this.#main(main))] : []),
      ...this.#raised(),
      panels,
      ...(chart ? [chart] : charted.length && !noPast() ? [this.#past()] : []),
      ...(others.length ? [h("section", {}, h("h3", {}, t("Figures")), h("div", { class: "figures" }, others.map((f) => this.#figure(f))), thing.more ? h("p", { class: "meta" }, n("{n} more is not shown", "{n} more are not shown", thing.more)) : null)] : []),
      raw ?? this.#evidence(thing, main),
    ]);
    this.scrollTop = top;
    if (focused) this.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    if ((anew || moved) && charted.length && !noPast()) this.#curve();
    else if (chart) this.#grow();
  }

  /** What is raised of it at this moment, the worst first. */
  get #open() {
    const at = island.at ? Date.parse(island.at) : Date.now() + 60_000;
    return this.#alerts.filter((alert) => alert.raisedMs <= at && (alert.clearedMs === null || alert.clearedMs > at)).sort((a, b) => b.state - a.state || b.raisedMs - a.raisedMs);
  }

  /** What is wrong with it. */
  #raised() {
    const raised = this.#open;
    if (!raised.length) return [];
    return [h("section", { class: "raised" }, raised.map((alert) => this.#alert(alert)))];
  }

  #alert(alert) {
    const began = () => this.dispatchEvent(new CustomEvent("moment", { detail: { ms: alert.startedMs } }));
    const confirm = async (event) => {
      event.currentTarget.disabled = true;
      try {
        await act(`/alerts/${encodeURIComponent(alert.id)}/acknowledge`);
        toast(t("Acknowledged."), { icon: "check" });
        await this.alarmed();
      } catch (error) {
        toast(error.message, { icon: "triangle-alert", state: 3 });
        event.target.disabled = false;
      }
    };
    const then = island.at && Math.abs(Date.parse(island.at) - alert.startedMs) < 1500;
    return h("div", { class: `alarm s${alert.state}` }, shape(alert.state, STATES[alert.state]),
      h("div", {}, h("strong", {}, alert.title), h("p", {}, alert.text),
        h("p", { class: "meta" }, `${t("since")} ${moment(alert.startedMs, "short")}`, alert.acknowledged ? ` · ${t("acknowledged by {name}", { name: alert.acknowledged })}` : ""),
        h("div", { class: "actions" },
          h("a", { class: "button", href: `/alerts/${encodeURIComponent(alert.id)}` }, icon("file-text"), t("Evidence")),
          noPast() || then ? null : h("button", { type: "button", class: "button", onclick: began, "data-focus": `began ${alert.id}` }, icon("history"), t("When it began")),
          island.mayAcknowledge && !alert.acknowledged && !island.at ? h("button", { type: "button", class: "button main", onclick: confirm, "data-focus": `ack ${alert.id}` }, icon("check"), t("Acknowledge")) : null)));
  }

  /** These parts in this order; those that are there already stay where they are, with their zoom, scroll and focus. */
  #place(parts) {
    for (const child of [...this.children]) if (!parts.includes(child)) child.remove();
    let next = this.firstElementChild;
    for (const part of parts) {
      if (part === next) next = next.nextElementSibling;
      else this.insertBefore(part, next);
    }
  }

  #head(thing) {
    const tool = (label, name, act, focus) => h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: act, "data-focus": focus }, icon(name));
    const say = (name) => this.dispatchEvent(new CustomEvent(name, { detail: { id: this.#thing.id } }));
    const tools = h("div", { class: "tools" },
      thing && thing.lon !== null ? tool(t("Show on the map"), "locate-fixed", () => say("locate"), "locate") : null,
      tool(t("Close (Esc)"), "x", () => say("close"), "close"));
    if (!thing) return h("header", {}, h("div", { class: "kind" }, " "), h("h2", {}, t("Loading …")), tools);
    const state = Math.max(thing.state, this.#open[0]?.state ?? 0);
    const place = thing.place || (thing.lon === null ? t("no place known") : `${figure(thing.lat, 4)} N, ${figure(thing.lon, 4)} E`);
    return h("header", {},
      h("div", { class: "kind" }, icon(thing.kind.icon), thing.kind.label),
      h("h2", {}, thing.name),
      h("div", { class: "place" }, h("span", {}, place), h("span", { class: `badge s${state}` }, shape(state), STATES[state])),
      tools);
  }

  #main(f) {
    const words = quality(f.flags);
    return h("div", { class: "main-figure" },
      h("span", { class: "what" }, f.label),
      h("span", { class: "value" }, f.number === null ? f.text || "–" : figure(f.number, f.decimals)),
      f.unit ? h("span", { class: "unit", title: f.unitName }, f.unit) : null,
      h("span", { class: "meta" }, this.#age(f), h("br"), this.#quality(f, words)));
  }

  #figure(f) {
    const value = h("span", { class: f.number === null ? "value text" : "value" }, f.number === null ? this.#text(f) : figure(f.number, f.decimals), f.unit && f.number !== null ? h("span", { class: "unit", title: f.unitName }, f.unit) : null);
    const words = quality(f.flags);
    const meta = h("span", { class: "meta" }, this.#age(f), words.length ? this.#quality(f, words) : null);
    const label = h("span", { class: "label" }, f.label, f.dataset ? ` · ${f.dataset.split(":").pop()}` : "");
    if (!f.chart || noPast()) return h("div", { class: "figure" }, label, value, meta);
    const press = () => {
      this.#attr = key(f);
      for (const button of this.querySelectorAll("button.figure")) button.setAttribute("aria-pressed", String(button.dataset.focus === key(f)));
      this.#curve();
    };
    return h("button", { type: "button", class: "figure", "aria-pressed": String(key(f) === this.#attr), "data-focus": key(f), title: t("Show its past"), onclick: press }, label, value, meta);
  }

  #text(f) {
    if (f.kind === "boolean") return f.text === "true" ? t("yes") : t("no");
    if (f.kind === "time" && !Number.isNaN(Date.parse(f.text))) return moment(Date.parse(f.text));
    return f.text || "–";
  }

  #age(f) {
    if (f.observedMs === null) return h("span", {}, t("no time given"));
    return h("span", { title: `${f.measured ? t("measured") : t("received")} ${moment(f.observedMs)}` }, `${f.measured ? t("measured") : t("received")} `, h("span", { "data-ms": f.observedMs }, age(f.observedMs)));
  }

  #quality(f, words) {
    if (!words.length) return h("span", {}, t("no doubts"));
    return h("span", { class: doubtful(f.flags) ? "flagged" : "" }, doubtful(f.flags) ? icon("triangle-alert") : null, words.join(", "));
  }

  #past() {
    const press = (span) => (event) => {
      this.#span = span;
      for (const button of event.currentTarget.parentElement.children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      this.#curve();
    };
    return h("section", { class: "past" },
      h("div", { class: "row-head" }, h("h3", {}, t("The past")),
        h("div", { class: "segment", role: "group", "aria-label": t("How far back") }, SPANS.map((span) => h("button", { type: "button", "aria-pressed": String(span === this.#span), "data-focus": span[0], onclick: press(span) }, span[2])))),
      h("city-chart", {}),
      h("details", { class: "table", ontoggle: () => this.#table() }, h("summary", {}, t("Values as a table")), h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": t("Values as a table") })));
  }

  async #curve() {
    const f = this.#thing.figures.find((one) => key(one) === this.#attr);
    const chart = this.querySelector(".past city-chart");
    if (!f || !chart) return;
    const to = island.at ? Date.parse(island.at) : Date.now();
    const from = to - this.#span[1];
    const asked = `${this.#thing.id} ${this.#attr} ${this.#span[0]}`;
    this.asked = asked;
    try {
      this.span = [from, to];
      const curve = await load("/web/series", { id: this.#thing.id, attr: f.attr, dataset: f.dataset, start: new Date(from).toISOString(), end: new Date(to).toISOString() });
      if (this.asked !== asked) return;
      this.curve = { curve, figure: f };
      chart.zoomed = false;
      chart.show(curve, { ...f, intervalS: this.#thing.kind.intervalS, alerts: this.#alerts.filter((alert) => !alert.attr || alert.attr === f.attr) }, from, to);
    } catch (error) {
      this.curve = null;
      chart.say(error.status === 503 ? t("The past is not available at the moment") : error.message);
    }
    this.#table();
  }

  /** What was measured since the curve was loaded is put to its end; one of equal steps is loaded anew now and then. */
  #grow() {
    if (island.at || !this.curve) return;
    const f = this.#thing.figures.find((one) => key(one) === this.#attr);
    const { curve, figure: before } = this.curve;
    if (!f || f.number === null || f.observedMs === null || f.attr !== before.attr) return;
    if (curve.stepS) {
      if (Date.now() - this.span[1] > Math.max(60_000, curve.stepS * 1000)) this.#curve();
      return;
    }
    if (f.observedMs <= (curve.ms.at(-1) ?? 0)) return;
    curve.ms.push(f.observedMs);
    curve.value.push(f.number);
    curve.flags.push(f.flags);
    curve.receivedMs.push(Date.now());
    const passed = Date.now() - this.span[1];
    this.span = [this.span[0] + passed, Date.now()];
    this.querySelector(".past city-chart")?.grow(...this.span);
    this.#table();
  }

  /** The chart's values for those who read rather than look. */
  #table() {
    const details = this.querySelector(".past details.table");
    if (!details?.open || !this.curve) return;
    const { curve, figure: f } = this.curve;
    const rows = curve.ms.map((_, at) => at).reverse().slice(0, 500);
    const cell = (v) => h("td", { class: "number" }, figure(v, f.decimals));
    const head = curve.stepS ? [t("Time"), t("Mean"), t("Lowest"), t("Highest")] : [t("Time"), f.unit || t("Value"), t("Quality")];
    const line = (at) => h("tr", {}, h("td", {}, moment(curve.ms[at], curve.stepS ? "short" : "full")), cell(curve.value[at]),
      ...(curve.stepS ? [cell(curve.low[at]), cell(curve.high[at])] : [h("td", {}, quality(curve.flags[at]).join(", ") || t("no doubts"))]));
    details.querySelector(".scroll").replaceChildren(h("table", {}, h("thead", {}, h("tr", {}, head.map((word, at) => h("th", { scope: "col", class: at && at < 4 && word !== t("Quality") ? "number" : "" }, word)))), h("tbody", {}, rows.map(line))),
      curve.ms.length > 500 ? h("p", { class: "meta" }, t("The newest 500 are listed.")) : "");
  }

  #evidence(thing, main) {
    const f = main ?? thing.figures.find((one) => one.observedMs !== null);
    const [kind, ...rest] = (f?.source ?? "").split(":");
    const source = rest.length ? `${SOURCES[kind] ?? kind} ${rest.join(":")}` : t("not told");
    const out = h("div", {});
    const show = async () => {
      out.replaceChildren(h("span", { class: "skeleton" }));
      try {
        const raw = await load("/web/raw", { id: thing.id, attr: f.attr, dataset: f.dataset, at: new Date(f.observedMs).toISOString() });
        out.replaceChildren(h("p", { class: "meta" }, `${raw.subject} · ${moment(raw.storedMs)} · ${figure(raw.size)} ${t("bytes")}${raw.hex ? " · hex" : ""}`), h("pre", { class: "raw", tabindex: "0", role: "group", "aria-label": t("Raw message") }, raw.text));
      } catch (error) {
        out.replaceChildren(h("p", { class: "meta" }, error.status === 404 ? t("This figure did not come in as a message, or it is no longer kept.") : error.message));
      }
    };
    return h("section", { class: "evidence" }, h("h3", {}, t("Evidence")),
      h("dl", { class: "facts" },
        h("dt", {}, t("Source")), h("dd", {}, source),
        h("dt", {}, t("Type")), h("dd", {}, thing.types.join(", ")),
        h("dt", {}, t("Identifier")), h("dd", { class: "mono" }, thing.id),
        ...(thing.modifiedMs ? [h("dt", {}, t("Last written")), h("dd", {}, moment(thing.modifiedMs))] : [])),
      f && island.evidence && !noPast() ? h("div", { class: "actions" }, h("button", { type: "button", class: "button", onclick: show }, icon("file-text"), t("Show the raw message"))) : null, out);
  }
}

function key(f) {
  return `${f.attr} ${f.dataset}`;
}

function noPast() {
  return document.querySelector("city-situation")?.hasAttribute("data-no-past") ?? false;
}

customElements.define("thing-panel", ThingPanel);
