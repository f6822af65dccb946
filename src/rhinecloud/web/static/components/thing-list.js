// <thing-list>: the things as a list that can be searched, sorted and filtered. It never moves under the reader: what would
// change its order waits behind a button.
// Events: "choose" {id}, "states" {states}, "within" {on}, "sort" {by}.

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { STATES, age, figure, moment, n, t } from "./words.js";

export const MOST = 200; // are listed
const FRESH = 20; // values that light up in a second
const LIT_MS = 900; // at once and without fading: a fading colour is a picture every sixtieth of a second

class ThingList extends HTMLElement {
  #rows = new Map();
  #waiting = new Set();
  #lit = []; // when values lit up, within the last second
  #selected = null;
  #kinds = [];
  #areas = [];

  connectedCallback() {
    if (this.list) return;
    this.states = new Set();
    this.count = h("span", { class: "count" });
    this.buttons = STATES.map((word, state) => h("button", { type: "button", "aria-pressed": "false", onclick: () => this.#toggle(state) }, shape(state), h("span", { class: "tally" }, "0")));
    this.sorting = h("select", { "aria-label": t("Order"), onchange: () => this.#say("sort", { by: this.sorting.value }) },
      h("option", { value: "state" }, t("Worst first")), h("option", { value: "name" }, t("By name")), h("option", { value: "new" }, t("Newest first")), h("option", { value: "kind" }, t("By kind")));
    this.within = h("input", { type: "checkbox", onchange: () => this.#say("within", { on: this.within.checked }) });
    this.news = h("button", { type: "button", class: "news", hidden: true, onclick: () => this.#say("refresh", {}) });
    this.list = h("ul", { class: "rows", role: "listbox", "aria-label": t("Things"), tabindex: "-1", onkeydown: (event) => this.#key(event), onclick: (event) => this.#click(event), onpointerover: (event) => exact(event.target) });
    this.foot = h("div", { class: "foot", hidden: true });
    this.area = h("select", { "aria-label": t("District"), onchange: () => this.#say("area", { area: this.#areas.find((one) => one.name === this.area.value) ?? null }) }, h("option", { value: "" }, t("All districts")));
    this.append(
      h("div", { class: "head" },
        h("h2", { class: "hidden-text" }, t("Things")),
        h("div", { class: "states", role: "group", "aria-label": t("Filter by state") }, this.buttons),
        h("div", { class: "tools" }, this.area, this.sorting),
        h("div", { class: "tools" }, h("label", {}, this.within, t("only what the map shows")), this.count)),
      this.news, this.list, this.foot);
    this.#skeleton();
  }

  #skeleton() {
    this.list.setAttribute("aria-busy", "true");
    this.list.replaceChildren(...Array.from({ length: 9 }, () => h("li", { class: "row", role: "presentation" }, h("span", {}), h("span", { class: "skeleton" }), h("span", { class: "skeleton" }))));
  }

  #say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }));
  }

  #toggle(state) {
    if (this.states.has(state)) this.states.delete(state);
    else this.states.add(state);
    this.buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(this.states.has(at))));
    this.#say("states", { states: [...this.states] });
  }

  set filter(states) {
    this.states = new Set(states);
    this.buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(this.states.has(at))));
  }

  /** Districts to choose from. */
  set areas(all) {
    this.#areas = all;
    const group = (layer, word) => h("optgroup", { label: word }, all.filter((one) => one.layer === layer).map((one) => h("option", { value: one.name }, one.name)));
    this.area.replaceChildren(h("option", { value: "" }, t("All districts")), group("borough", t("Boroughs")), group("quarter", t("Quarters")));
  }

  /** How many things there are of each state, before filtering by state. */
  set tallies(counts) {
    this.buttons.forEach((button, at) => {
      button.lastChild.textContent = figure(counts[at]);
      button.classList.toggle("none", counts[at] === 0);
      button.title = `${STATES[at]}: ${figure(counts[at])}`;
      button.setAttribute("aria-label", `${STATES[at]}: ${figure(counts[at])}`);
    });
  }

  /** The list anew: the `first` in the order to show, of `count` that are picked, of `total` that there are. */
  show(first, count, total, kinds, reason = "") {
    this.#kinds = kinds;
    this.#waiting.clear();
    this.news.hidden = true;
    this.list.removeAttribute("aria-busy");
    const held = this.list.contains(document.activeElement);
    const kept = new Map();
    const items = first.map((thing) => {
      const item = this.#rows.get(thing.id) ?? this.#row(thing);
      this.#fill(item, thing);
      kept.set(thing.id, item);
      return item;
    });
    this.#rows = kept;
    const same = items.length === this.list.children.length && items.every((item, at) => item === this.list.children[at]);
    if (items.length) same || this.list.replaceChildren(...items);
    else this.list.replaceChildren(this.#empty(total, reason));
    const words = count === total ? n("{n} thing", "{n} things", total) : t("{shown} of {total}", { shown: figure(count), total: figure(total) });
    this.count.textContent = words;
    this.foot.hidden = count <= MOST;
    this.foot.textContent = t("The first {most} of {total} are listed; search or filter for the others.", { most: figure(MOST), total: figure(count) });
    this.#rove();
    if (held) this.list.querySelector('[tabindex="0"]')?.focus();
  }

  #empty(total, reason) {
    const [mark, said, next] = reason ? ["triangle-alert", t("Not loaded"), reason]
      : total ? ["search-x", t("Nothing matches"), t("Try fewer words, or switch filters off.")]
      : ["map-pin-off", t("No things yet"), t("What the city measures appears here as soon as it comes in.")];
    return h("li", { class: "empty", role: "presentation" }, icon(mark), h("strong", {}, said), h("span", {}, next));
  }

  #row(thing) {
    return h("li", { class: "row", role: "option", tabindex: "-1", "aria-selected": "false", "data-id": thing.id },
      shape(0), h("span", { class: "name" }), h("span", { class: "value" }), h("span", { class: "kind" }), h("span", { class: "age" }));
  }

  #fill(item, thing) {
    const [mark, name, value, kind, when] = item.children;
    if (item.dataset.state !== String(thing.state)) {
      mark.replaceWith(shape(thing.state, STATES[thing.state]));
      item.dataset.state = thing.state;
    }
    const told = this.#kinds[thing.kind];
    put(name, thing.name);
    put(kind, told.label);
    const text = thing.said(told);
    if (item.dataset.value !== text + told.unit) {
      value.replaceChildren(text || "–", told.unit && thing.number !== null ? h("span", { class: "unit" }, told.unit) : "");
      item.dataset.value = text + told.unit;
    }
    item.classList.toggle("stale", thing.stale);
    put(when, thing.ms === null ? "" : age(thing.ms));
    when.dataset.ms = thing.ms ?? "";
    item.setAttribute("aria-selected", String(thing.id === this.#selected));
  }

  /** Things have changed where they stand; `moves` are those whose place would be another now. */
  change(things, moves) {
    const fresh = [];
    for (const thing of things) {
      const item = this.#rows.get(thing.id);
      if (!item) continue;
      this.#fill(item, thing);
      fresh.push(item);
    }
    this.#flash(fresh);
    for (const id of moves) this.#waiting.add(id);
    if (moves.size) {
      this.news.hidden = false;
      this.news.replaceChildren(icon("refresh-cw"), n("{n} change – update the order", "{n} changes – update the order", this.#waiting.size));
    }
  }

  /** Values light up for a moment; where many change at once, none does: that would be a flicker, not news. */
  #flash(items) {
    const now = performance.now();
    this.#lit = this.#lit.filter((since) => now - since < 1000).concat(items.map(() => now)).slice(-2 * FRESH);
    if (!items.length || this.#lit.length > FRESH) return;
    for (const item of items) item.classList.add("fresh");
    setTimeout(() => items.forEach((item) => item.classList.remove("fresh")), LIT_MS);
  }

  /** Ages pass. */
  tick(things) {
    for (const [id, item] of this.#rows) {
      const thing = things.get(id);
      if (!thing) continue;
      item.classList.toggle("stale", thing.stale);
      put(item.children[4], thing.ms === null ? "" : age(thing.ms));
    }
  }

  select(id, { bring = false } = {}) {
    this.#rows.get(this.#selected)?.setAttribute("aria-selected", "false");
    this.#selected = id;
    const item = this.#rows.get(id);
    item?.setAttribute("aria-selected", "true");
    if (item && bring) this.#reveal(item);
    this.#rove();
  }

  /** Scrolls the list alone; scrollIntoView would also move the screen, where the list is a sheet that is put away. */
  #reveal(item) {
    const room = this.list.getBoundingClientRect();
    const row = item.getBoundingClientRect();
    this.list.scrollTop += Math.min(0, row.top - room.top) + Math.max(0, row.bottom - room.bottom);
  }

  #rove() {
    const items = [...this.list.querySelectorAll('[role="option"]')];
    const at = items.find((item) => item.dataset.id === this.#selected) ?? items[0];
    for (const item of items) item.tabIndex = item === at ? 0 : -1;
  }

  #click(event) {
    const item = event.target.closest('[role="option"]');
    if (item) this.#say("choose", { id: item.dataset.id });
  }

  #key(event) {
    const item = event.target.closest('[role="option"]');
    if (!item) return;
    const options = [...this.list.querySelectorAll('[role="option"]')];
    const at = options.indexOf(item);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: options.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = options[Math.max(0, Math.min(options.length - 1, to))];
      for (const option of options) option.tabIndex = option === next ? 0 : -1;
      next.focus();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#say("choose", { id: item.dataset.id });
    }
  }

  focusFirst() {
    this.list.querySelector('[role="option"]')?.focus();
  }

  focusSelected() {
    this.list.querySelector('[tabindex="0"]')?.focus();
  }
}

/** The exact time is written when somebody asks for it: there are two hundred, and they change. */
function exact(element) {
  if (element.matches(".age[data-ms]") && element.dataset.ms) element.title = moment(Number(element.dataset.ms));
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

customElements.define("thing-list", ThingList);
