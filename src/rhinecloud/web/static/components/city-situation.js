// <city-situation>: keeps the things of the city, and one selection and one filter for list, map and panel alike.

import "./city-map.js";
import "./thing-list.js";
import "./thing-panel.js";
import { h, icon, load } from "./dom.js";
import { Live } from "./live.js";
import { shape } from "./shapes.js";
import { STATES, figure, island, moment, n, t } from "./words.js";

const SILENT_AFTER = 3; // intervals without news make a thing stale

class CitySituation extends HTMLElement {
  things = new Map();
  kinds = [];
  #off = new Set(); // names of kinds that are switched off
  #states = new Set();
  #words = [];
  #within = null;
  #sort = "state";
  #selected = null;
  #live = null;
  #shown = [];

  async connectedCallback() {
    this.map = this.querySelector("city-map");
    this.list = this.querySelector("thing-list");
    this.panel = this.querySelector("thing-panel");
    this.layers = this.querySelector(".layers");
    this.search = document.getElementById("search");
    if (matchMedia("(max-width: 860px)").matches) this.layers.open = false;
    this.#fromAddress();
    this.#listen();
    await this.#load();
    this.#clock = setInterval(() => this.#tick(), 5_000);
  }

  #clock = null;

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#live?.stop();
  }

  #fromAddress() {
    const query = new URLSearchParams(location.search);
    this.#selected = query.get("select");
    this.placed = location.href.includes("@");
    this.#words = words(query.get("q") ?? "");
    if (this.search) this.search.value = query.get("q") ?? "";
    this.#states = new Set((query.get("states") ?? "").split(",").filter(Boolean).map(Number).filter((s) => s in STATES));
    this.#sort = query.get("sort") ?? "state";
    this.wanted = query.has("layers") ? new Set(query.get("layers").split(",")) : null;
    this.list.filter = this.#states;
    this.list.sorting.value = this.#sort;
  }

  /** The address says what is seen, so that it can be sent to somebody. */
  #toAddress() {
    const query = new URLSearchParams();
    if (island.at) query.set("at", island.at);
    if (this.#selected) query.set("select", this.#selected);
    if (this.#words.length) query.set("q", this.#words.join(" "));
    if (this.#states.size) query.set("states", [...this.#states].join(","));
    if (this.#sort !== "state") query.set("sort", this.#sort);
    const on = this.kinds.filter((k) => !this.#off.has(k.name));
    if (this.kinds.some((k) => this.#off.has(k.name) === k.layerOn)) query.set("layers", on.map((k) => k.name).join(","));
    const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    const view = this.map.view;
    if (view) history.replaceState(null, "", `/situation?${text}${text ? "&" : ""}@${view}`);
  }

  #listen() {
    const choose = (event) => this.choose(event.detail.id, event.currentTarget === this.map ? "map" : "list");
    this.map.addEventListener("choose", choose);
    this.list.addEventListener("choose", choose);
    this.map.addEventListener("background", () => this.choose(null));
    this.map.addEventListener("moved", (event) => {
      if (this.#within) {
        this.#within = event.detail.bounds;
        this.#arrange();
      }
      this.#toAddress();
    });
    this.list.addEventListener("states", (event) => this.#filter(() => { this.#states = new Set(event.detail.states); }));
    this.list.addEventListener("within", (event) => this.#filter(() => { this.#within = event.detail.on ? this.map.bounds : null; }));
    this.list.addEventListener("sort", (event) => this.#filter(() => { this.#sort = event.detail.by; }));
    this.list.addEventListener("refresh", () => this.#arrange());
    this.panel.addEventListener("close", () => {
      this.choose(null);
      this.list.focusSelected();
    });
    this.panel.addEventListener("locate", (event) => this.map.select(event.detail.id, { bring: true }));
    this.search?.addEventListener("input", () => this.#filter(() => { this.#words = words(this.search.value); }));
    this.search?.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        if (this.#shown.length) this.list.focusFirst();
      }
    });
    this.search?.form?.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.#selected && !event.defaultPrevented && !document.querySelector("dialog[open]")) {
        this.choose(null);
        this.list.focusSelected();
      }
    });
  }

  async #load() {
    let snapshot;
    try {
      snapshot = await load("/web/things", { at: island.at });
    } catch (error) {
      this.#status("offline");
      this.list.show([], 0, [], error.message);
      setTimeout(() => this.#load(), 10_000);
      return;
    }
    this.kinds = snapshot.kinds;
    this.now = island.at ? snapshot.ms : null;
    if (this.wanted) this.#off = new Set(this.kinds.filter((k) => !this.wanted.has(k.name)).map((k) => k.name));
    else if (!this.things.size) this.#off = new Set(this.kinds.filter((k) => !k.layerOn).map((k) => k.name));
    this.things = new Map(snapshot.rows.map((row) => [row[0], this.#thing(row)]));
    this.#note(snapshot);
    this.map.kinds(this.kinds);
    this.#arrange();
    if (this.#selected) this.choose(this.#selected, "address");
    if (!island.at) this.#follow(snapshot.mark);
    else this.#status("past");
  }

  #note(snapshot) {
    const old = this.querySelector(".map-note");
    old?.remove();
    if (snapshot.rows.length === 0) {
      if (!island.at && this.querySelector(".welcome")) return; // visitors connect no devices
      this.querySelector(".map-place").append(h("div", { class: "map-note notice" }, icon("map-pin-off"), h("span", {}, island.at ? t("Nothing was known of this moment.") : t("No things yet. Connect the first device, and it appears here."))));
    } else if (!snapshot.complete) {
      this.querySelector(".map-place").append(h("div", { class: "map-note notice minor" }, icon("triangle-alert"), t("The city has more than {limit} things; not all are shown.", { limit: figure(snapshot.limit) })));
    }
  }

  #thing([id, kind, name, lon, lat, state, number, text, ms, flags]) {
    const thing = { id, kind, name, lon, lat, state, number, text, ms, flags, search: `${name} ${id}`.toLowerCase() };
    thing.stale = this.#stale(thing);
    return thing;
  }

  #stale(thing) {
    const every = this.kinds[thing.kind]?.intervalS;
    return Boolean(every) && thing.ms !== null && (this.now ?? Date.now()) - thing.ms > SILENT_AFTER * every * 1000;
  }

  #follow(mark) {
    this.#live ??= new Live({
      things: (rows, gone) => this.#changed(rows, gone),
      reset: () => this.#load(),
      state: (state) => this.#status(state),
    });
    this.#live.start(mark);
  }

  #status(state) {
    const place = document.getElementById("live");
    if (!place) return;
    place.dataset.state = state;
    const word = { live: t("Live"), stale: t("Delayed"), offline: t("Offline"), past: t("Past") }[state];
    place.querySelector(".word").textContent = word;
    place.title = { live: t("Changes arrive as they happen"), stale: t("Nothing was heard for a while; what is shown may be old"), offline: t("No connection; what is shown is as of {time}", { time: this.#live?.heard ? moment(this.#live.heard) : "–" }), past: t("A moment of the past is shown") }[state];
    this.toggleAttribute("data-offline", state === "offline");
  }

  #changed(rows, gone) {
    if (rows.some((row) => row[1] >= this.kinds.length)) return this.#load(); // a kind that we have not met
    for (const row of rows) {
      const thing = this.#thing(row);
      const before = this.things.get(thing.id);
      this.things.set(thing.id, thing);
      const visible = this.#visible(thing);
      const was = before !== undefined && this.#visible(before);
      if (visible) this.map.change(thing);
      else if (was) this.map.remove(thing.id);
      if (visible || was) this.list.change(thing, visible !== was || before.state !== thing.state || before.name !== thing.name);
      if (thing.id === this.#selected) this.panel.refresh();
    }
    for (const id of gone) {
      const before = this.things.get(id);
      if (!before) continue;
      this.things.delete(id);
      this.map.remove(id);
      this.list.change(before, true);
      if (id === this.#selected) this.panel.show(id);
    }
    this.#tallies();
  }

  #filter(change) {
    change();
    this.#arrange();
    this.#toAddress();
  }

  /** Whether a thing passes layers, words and states. */
  #visible(thing) {
    return this.#matches(thing) && (!this.#states.size || this.#states.has(thing.state));
  }

  #matches(thing) {
    const kind = this.kinds[thing.kind];
    if (this.#off.has(kind.name)) return false;
    return this.#words.every((word) => thing.search.includes(word) || kind.label.toLowerCase().includes(word) || kind.plural.toLowerCase().includes(word));
  }

  /** List and map anew, in the order that holds now. */
  #arrange() {
    const all = [...this.things.values()];
    const onMap = all.filter((thing) => this.#visible(thing));
    const inList = this.#within ? onMap.filter((thing) => inside(thing, this.#within)) : onMap;
    inList.sort(ORDERS[this.#sort] ?? ORDERS.state);
    this.#shown = inList;
    this.list.show(inList, all.length, this.kinds);
    this.list.select(this.#selected);
    this.map.show(onMap);
    this.map.describe(onMap.length);
    this.#tallies();
    this.#layers(all);
    this.querySelector(".announce").textContent = n("{n} thing", "{n} things", inList.length);
  }

  #tallies() {
    const counts = [0, 0, 0, 0, 0];
    for (const thing of this.things.values()) if (this.#matches(thing)) counts[thing.state] += 1;
    this.list.tallies = counts;
  }

  #layers(all) {
    const counts = this.kinds.map(() => 0);
    for (const thing of all) counts[thing.kind] += 1;
    const focused = this.layers.contains(document.activeElement) ? document.activeElement.value : null;
    const rows = this.kinds.map((kind, at) => [kind, counts[at]]).filter(([, count]) => count > 0).map(([kind, count]) => {
      const toggle = (event) => this.#filter(() => { event.target.checked ? this.#off.delete(kind.name) : this.#off.add(kind.name); });
      const box = h("input", { type: "checkbox", value: kind.name, onchange: toggle });
      box.checked = !this.#off.has(kind.name);
      return h("li", {}, h("label", {}, box, icon(kind.icon), kind.plural, h("span", { class: "count" }, figure(count))));
    });
    this.layers.querySelector("ul").replaceChildren(...rows);
    if (focused) this.layers.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
    const legend = this.layers.querySelector(".legend");
    if (!legend.children.length) legend.append(...STATES.map((word, state) => h("span", {}, shape(state), word)));
  }

  /** One selection for list, map and panel. */
  async choose(id, from = "") {
    this.#selected = id;
    this.toggleAttribute("data-panel", id !== null);
    this.list.select(id, { bring: from !== "list" });
    if (id !== null && matchMedia("(max-width: 860px)").matches) this.list.open(false);
    this.map.resize();
    await Promise.all([this.panel.show(id), this.map.select(id, { bring: from === "list" || (from === "address" && !this.placed) })]);
    this.#toAddress();
  }

  #tick() {
    for (const thing of this.things.values()) {
      const stale = this.#stale(thing);
      if (stale !== thing.stale) {
        thing.stale = stale;
        if (this.#visible(thing)) this.map.change(thing);
      }
    }
    this.list.tick(this.things);
    this.panel.tick();
  }
}

const byName = (a, b) => a.name.localeCompare(b.name, island.language, { numeric: true });
const ORDERS = {
  state: (a, b) => b.state - a.state || byName(a, b),
  name: byName,
  new: (a, b) => (b.ms ?? 0) - (a.ms ?? 0) || byName(a, b),
  kind: (a, b) => a.kind - b.kind || byName(a, b),
};

function inside({ lon, lat }, [west, south, east, north]) {
  return lon !== null && lon >= west && lon <= east && lat >= south && lat <= north;
}

function words(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

customElements.define("city-situation", CitySituation);
