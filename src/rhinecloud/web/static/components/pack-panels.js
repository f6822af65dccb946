// <pack-panels>: what packs show of a thing beside the list of its figures: figures, charts with what is to come, tables,
// guidance. Beside a map it is told the thing (`tell`); on a page it reads /web/thing itself. What takes asking is asked
// anew once a minute, however often the figures change.
// Attributes: entity, at (RFC 3339; "" is now), boxes (drawn as boxes of a page).

import "./city-chart.js";
import { h, icon, load } from "./dom.js";
import { age, figure, island, moment, quality, t } from "./words.js";

const HOUR = 3_600_000;
const AGAIN_MS = 60_000;

class PackPanels extends HTMLElement {
  #thing = null;
  #draw = plain;
  #sections = new Map(); // panel → its section, kept with zoom, scroll and focus
  #asked = new Map(); // panel → when it was asked last, and for which moment

  connectedCallback() {
    if (this.hasAttribute("entity")) this.#read();
  }

  /** Shows a thing; `draw` makes an element of a figure. */
  tell(thing, draw = plain) {
    if (this.#thing?.id !== thing.id) {
      this.#sections.clear();
      this.#asked.clear();
    }
    this.#thing = thing;
    this.#draw = draw;
    const panels = thing.panels ?? [];
    for (const panel of panels) this.#show(panel);
    const shown = panels.map((panel) => this.#sections.get(panel.id));
    for (const child of [...this.children]) if (!shown.includes(child)) child.remove();
    shown.forEach((section, at) => {
      if (this.children[at] !== section) this.insertBefore(section, this.children[at] ?? null);
    });
    this.hidden = !shown.length;
  }

  async #read() {
    this.hidden = true;
    try {
      this.tell(await load("/web/thing", { id: this.getAttribute("entity"), at: this.getAttribute("at") }));
    } catch {
      this.replaceChildren(); // the page around it has all figures
    }
  }

  #show(panel) {
    const made = this.#sections.get(panel.id) ?? this.#section(panel);
    this.#sections.set(panel.id, made);
    const body = made.querySelector(".of-pack");
    if (panel.kind === "figures") body.replaceChildren(this.#figures(panel));
    else if (panel.kind === "table") this.#table(panel, body);
    else if (this.#due(panel)) panel.kind === "chart" ? this.#charts(panel, body) : this.#guidance(panel, body);
  }

  #section(panel) {
    const name = `pack-panel-${panel.id}`;
    const text = panel.text ? h("p", { class: "meta" }, panel.text) : null;
    if (!this.hasAttribute("boxes")) return h("section", { class: "declared", "aria-labelledby": name }, h("h3", { id: name }, panel.title), text, h("div", { class: "of-pack" }));
    return h("section", { class: "panel-box declared", "aria-labelledby": name }, h("header", {}, h("h2", { id: name }, panel.title)), h("div", { class: "body" }, text, h("div", { class: "of-pack" })));
  }

  #due(panel) {
    const before = this.#asked.get(panel.id);
    if (before && before.at === this.#at && Date.now() - before.ms < AGAIN_MS) return false;
    this.#asked.set(panel.id, { at: this.#at, ms: Date.now() });
    return true;
  }

  get #at() {
    return this.getAttribute("at") || island.at || "";
  }

  #of(attr) {
    return this.#thing.figures.filter((f) => f.attr === attr);
  }

  #figures(panel) {
    return h("div", { class: "figures" }, panel.attributes.flatMap((attr) => this.#of(attr)).map((f) => this.#draw(f)));
  }

  async #charts(panel, body) {
    const figures = panel.attributes.flatMap((attr) => this.#of(attr)).filter((f) => f.chart);
    const thing = this.#thing.id;
    while (body.children.length > figures.length) body.lastElementChild.remove();
    while (body.children.length < figures.length) body.append(h("city-chart"));
    const to = this.#at ? Date.parse(this.#at) : Date.now();
    const from = to - panel.hours * HOUR;
    await Promise.all(figures.map(async (f, at) => {
      const chart = body.children[at];
      try {
        const curve = await load("/web/series", { id: thing, attr: f.attr, dataset: f.dataset, start: new Date(from).toISOString(), end: new Date(to).toISOString() });
        if (this.#thing.id !== thing) return;
        const outlook = this.#at ? null : panel.outlooks.find((one) => one.attr === f.attr);
        chart.show(curve, { ...f, intervalS: this.#thing.kind.intervalS, outlook }, from, to);
      } catch (error) {
        chart.say(error.status === 503 ? t("The past is not available at the moment") : error.message);
      }
    }));
  }

  #table(panel, body) {
    const told = JSON.stringify([panel.outlooks, panel.attributes.flatMap((attr) => this.#of(attr))]);
    if (body.told === told) return;
    body.told = told;
    body.replaceChildren(
      ...panel.outlooks.flatMap((one) => [steps(one, panel.title), one.madeMs ? h("p", { class: "meta" }, `${t("Forecast made")} `, h("span", { "data-ms": one.madeMs, title: moment(one.madeMs) }, age(one.madeMs))) : ""]),
      ...(panel.attributes.length ? [this.#figures(panel)] : []));
  }

  async #guidance(panel, body) {
    const thing = this.#thing.id;
    if (this.#at) return body.replaceChildren(h("p", { class: "meta" }, t("Guidance is about now.")));
    if (!body.children.length) body.append(h("span", { class: "skeleton" }));
    try {
      const found = await load("/web/guidance", { id: thing, pack: panel.pack });
      if (this.#thing.id !== thing) return;
      body.replaceChildren(
        found.suggestions.length ? h("ol", { class: "suggested" }, found.suggestions.map((one) => this.#place(one))) : h("p", {}, t("Nothing suitable is near.")),
        found.leftOut.length ? h("details", { class: "table" }, h("summary", {}, t("Why others are not suggested")), h("ul", { class: "suggested" }, found.leftOut.map((one) => this.#place(one)))) : "");
    } catch (error) {
      body.replaceChildren(h("p", { class: "notice major" }, icon("triangle-alert"), error.message));
    }
  }

  #place(one) {
    const there = encodeURIComponent(one.id);
    return h("li", {}, h("a", { href: this.hasAttribute("boxes") ? `/data/entity?id=${there}` : `/situation?select=${there}` }, one.name), h("span", { class: "meta" }, one.reasons.join(" · ")));
  }
}

/** What an attribute is going to be, step by step. */
function steps(one, title) {
  const unit = one.unit ? ` (${one.unit})` : "";
  return h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": title }, h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Time")), h("th", { scope: "col", class: "number" }, `${one.label}${unit}`), h("th", { scope: "col", class: "number" }, t("Lowest – highest")))),
    h("tbody", {}, one.ms.map((ms, at) => h("tr", {}, h("td", {}, moment(ms, "time")), h("td", { class: "number" }, figure(one.value[at], one.decimals)), h("td", { class: "number" }, `${figure(one.low[at], one.decimals)} – ${figure(one.high[at], one.decimals)}`))))));
}

/** A figure with its unit and age, where nothing happens when it is pressed. */
function plain(f) {
  const words = quality(f.flags);
  const text = f.kind === "boolean" ? (f.text === "true" ? t("yes") : t("no")) : f.text;
  return h("div", { class: "figure" }, h("span", { class: "label" }, f.label),
    h("span", { class: f.number === null ? "value text" : "value" }, f.number === null ? text || "–" : figure(f.number, f.decimals), f.unit && f.number !== null ? h("span", { class: "unit", title: f.unitName }, f.unit) : null),
    h("span", { class: "meta" }, f.observedMs === null ? t("no time given") : h("span", { title: moment(f.observedMs) }, age(f.observedMs)), words.length ? h("span", {}, words.join(", ")) : null));
}

customElements.define("pack-panels", PackPanels);
