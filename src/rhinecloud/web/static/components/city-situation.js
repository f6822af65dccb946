// <city-situation>: keeps the things and alerts of the city, one selection, one filter and one moment for list, map, panel
// and slider alike.

import "./alert-list.js";
import "./city-map.js";
import "./situation-side.js";
import "./thing-list.js";
import "./thing-panel.js";
import "./time-slider.js";
import { districts, within } from "./districts.js";
import { h, icon, load } from "./dom.js";
import { Live } from "./live.js";
import { Playback } from "./playback.js";
import { shape } from "./shapes.js";
import { ORDERS, Thing, shownMs, words } from "./things.js";
import { toast } from "./toast.js";
import { STATES, figure, island, moment, n, t } from "./words.js";

const PHONE = "(max-width: 860px)";

class CitySituation extends HTMLElement {
  things = new Map();
  kinds = [];
  #alerts = new Map(); // those that are raised, by id
  #alarmed = new Map(); // entity → its worst alert's state
  #off = new Set(); // names of kinds that are switched off
  #states = new Set();
  #words = [];
  #within = null;
  #area = null;
  #sort = "state";
  #selected = null;
  #live = null;
  #shown = [];
  #changed = new Map(); // id → whether its place in the list would be another
  #frame = 0;
  #asked = null; // the newest moment that is asked for
  #asking = false;

  async connectedCallback() {
    for (const name of ["map", "list", "panel", "slider"]) this[name] = this.querySelector({ map: "city-map", list: "thing-list", panel: "thing-panel", slider: "time-slider" }[name]);
    this.side = this.querySelector("situation-side");
    this.alerts = this.querySelector("alert-list");
    this.layers = this.querySelector(".layers");
    this.search = document.getElementById("search");
    if (matchMedia(PHONE).matches) this.layers.open = false;
    this.#fromAddress();
    this.#listen();
    if (island.at) this.slider?.show(Date.parse(island.at));
    this.playback = new Playback({ moves: (moves, ms) => this.#played(moves, ms), end: () => this.seek(null), fail: (error) => this.#failed(error) });
    await this.#load();
    this.#clock = setInterval(() => this.#tick(), 5_000);
  }

  #clock = null;

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#live?.stop();
    this.playback?.stop();
  }

  // ── the address says what is seen, so that it can be sent to somebody ──

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
    this.side.tab = query.get("list") ?? (this.#words.length || query.has("sort") || query.has("states") ? "things" : "");
    this.#areas(query.get("district"));
  }

  async #areas(wanted) {
    const all = await districts().catch(() => []);
    this.list.areas = all;
    const found = all.find((area) => area.name === wanted);
    if (!found) return;
    this.list.area.value = wanted;
    this.#area = found;
    this.#arrange();
  }

  #toAddress() {
    const query = new URLSearchParams();
    if (island.at) query.set("at", island.at);
    if (this.#selected) query.set("select", this.#selected);
    if (this.#words.length) query.set("q", this.#words.join(" "));
    if (this.#states.size) query.set("states", [...this.#states].join(","));
    if (this.#area) query.set("district", this.#area.name);
    if (this.#sort !== "state") query.set("sort", this.#sort);
    if (this.side.chosen) query.set("list", this.side.tab);
    const on = this.kinds.filter((k) => !this.#off.has(k.name));
    if (this.kinds.some((k) => this.#off.has(k.name) === k.layerOn)) query.set("layers", on.map((k) => k.name).join(","));
    const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
    const view = this.map.view;
    if (view) history.replaceState(null, "", `/situation?${text}${text ? "&" : ""}@${view}`);
  }

  // ── what people do ──

  #listen() {
    const choose = (event) => this.choose(event.detail.id, event.currentTarget === this.map ? "map" : "list");
    this.map.addEventListener("choose", choose);
    this.list.addEventListener("choose", choose);
    this.alerts?.addEventListener("choose", choose);
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
    this.list.addEventListener("area", (event) => this.#filter(() => {
      this.#area = event.detail.area;
      if (this.#area) this.map.fit(this.#area.bounds);
    }));
    this.list.addEventListener("refresh", () => this.#arrange());
    this.side.addEventListener("tab", () => this.#toAddress());
    this.panel.addEventListener("close", () => this.#back());
    this.panel.addEventListener("locate", (event) => this.map.select(event.detail.id, { bring: true }));
    this.panel.addEventListener("moment", (event) => this.seek(event.detail.ms, true));
    this.slider?.addEventListener("seek", (event) => this.seek(event.detail.ms, event.detail.settled));
    this.slider?.addEventListener("play", (event) => this.#play(event.detail.speed));
    this.querySelector("[data-share]")?.addEventListener("click", () => this.#share());
    this.search?.addEventListener("input", () => this.#filter(() => {
      this.#words = words(this.search.value);
      if (this.#words.length) this.side.tab = "things";
    }));
    this.search?.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        this.side.tab = "things";
        this.side.open(true);
        if (this.#shown.length) this.list.focusFirst();
      }
    });
    this.search?.form?.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("when", (event) => this.seek(event.detail.ms, true));
    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape" && this.#selected) this.#back();
      if (event.key === " " && this.slider && (event.target === document.body || event.target.id === "main")) {
        event.preventDefault();
        this.slider.toggle.click();
      }
    });
  }

  #back() {
    this.choose(null);
    if (this.side.tab === "alerts") this.alerts.focusFirst();
    else this.list.focusSelected();
  }

  async #share() {
    this.#toAddress();
    try {
      await navigator.clipboard.writeText(location.href);
      toast(t("The link to this view is copied."), { icon: "link" });
    } catch {
      toast(location.href, { icon: "link" });
    }
  }

  // ── the moment ──

  /** Looks at a moment; null is now. While it is dragged, only the newest that was asked for is loaded. */
  async seek(ms, settled = true) {
    if (!this.slider) return;
    this.playback.stop();
    if (ms !== null && ms > Date.now() - 2_000) ms = null;
    island.at = ms === null ? "" : new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
    this.slider.show(ms);
    document.dispatchEvent(new CustomEvent("moment"));
    if (ms === null || !island.at) this.querySelector(".map-note")?.remove();
    this.#asked = { ms, settled };
    if (this.#asking) return;
    this.#asking = true;
    while (this.#asked) {
      const asked = this.#asked;
      this.#asked = null;
      await this.#load(asked.settled);
    }
    this.#asking = false;
    this.#toAddress();
  }

  async #play(speed) {
    if (!speed) {
      this.playback.stop();
      this.slider.show(this.playback.at);
      await this.seek(this.playback.at);
      return;
    }
    if (!island.at) await this.seek(Date.now() - 3_600_000); // from now there is nothing to play
    this.playback.start(this.playback.playing ? this.playback.at : Date.parse(island.at), speed);
    this.slider.show(this.playback.at, true);
  }

  #played(moves, ms) {
    island.at = new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
    this.slider.show(Math.floor(ms / 1000) * 1000, true);
    document.dispatchEvent(new CustomEvent("moment"));
    for (const move of moves) {
      const before = this.things.get(move[1]);
      if (!before) continue; // came into being; the next picture has it
      if (move[5]) this.#gone(move[1]);
      else this.#put(before.moved(move));
    }
    this.#alertsOf(ms);
  }

  #failed(error) {
    toast(error.message, { icon: "triangle-alert", state: 3 });
    this.seek(this.playback.at);
  }

  /** While the past is played: which of the alerts that are known were raised then. */
  #alertsOf(ms) {
    if (!this.alerts || !this.slider) return;
    const second = Math.floor(ms / 1000);
    if (this.alertSecond === second) return;
    this.alertSecond = second;
    const raised = this.slider.alerts.filter((alert) => alert.raisedMs <= ms && (alert.clearedMs === null || alert.clearedMs > ms));
    const same = raised.length === this.#alerts.size && raised.every((alert) => this.#alerts.has(alert.id));
    if (!same) this.#alarm(raised.map((alert) => ({ ...alert, raised: true })), true);
  }

  // ── what there is ──

  async #load(settled = true) {
    const at = island.at;
    let snapshot;
    let alerts = null;
    try {
      [snapshot, alerts] = await Promise.all([load("/web/things", { at }), this.alerts && settled ? load("/web/alerts", { at }).catch(() => null) : null]);
    } catch (error) {
      this.#status("offline");
      this.list.show([], 0, [], error.message);
      if (!at) setTimeout(() => !island.at && this.#load(), 10_000);
      return;
    }
    if (at !== island.at && !this.#asked) return;
    const first = !this.things.size;
    this.kinds = snapshot.kinds;
    if (this.wanted) this.#off = new Set(this.kinds.filter((k) => !this.wanted.has(k.name)).map((k) => k.name));
    else if (first) this.#off = new Set(this.kinds.filter((k) => !k.layerOn).map((k) => k.name));
    this.wanted = null;
    const now = at ? snapshot.ms : Date.now();
    if (alerts) this.#alarm(alerts.alerts);
    else if (at) this.#alertsOf(Date.parse(at));
    this.things = new Map(snapshot.rows.map((row) => [row[0], this.#fresh(new Thing(row), now)]));
    this.#note(snapshot);
    this.map.kinds(this.kinds);
    this.#arrange();
    if (this.#selected && settled) this.choose(this.#selected, first ? "address" : "moment");
    if (!at) this.#follow(snapshot.mark);
    else {
      this.#live?.stop();
      this.#status("past");
    }
  }

  #fresh(thing, now) {
    thing.stale = thing.silent(this.kinds, now);
    thing.state = Math.max(thing.own, this.#alarmed.get(thing.id) ?? 0);
    return thing;
  }

  /** The alerts of the moment; `redraw` where things are there already. */
  #alarm(alerts, redraw = false) {
    this.#alerts = new Map(alerts.filter((alert) => alert.raised).map((alert) => [alert.id, alert]));
    this.#weigh(redraw);
    this.alerts?.show([...this.#alerts.values()], island.at ? shownMs() : null);
    this.alerts?.select(this.#selected);
    this.side.count("alerts", this.#alerts.size, [...this.#alerts.values()].reduce((worst, alert) => Math.max(worst, alert.state), 0));
  }

  #weigh(redraw) {
    const before = this.#alarmed;
    this.#alarmed = new Map();
    for (const alert of this.#alerts.values()) this.#alarmed.set(alert.entity, Math.max(this.#alarmed.get(alert.entity) ?? 0, alert.state));
    if (!redraw) return;
    for (const id of new Set([...before.keys(), ...this.#alarmed.keys()])) {
      const thing = this.things.get(id);
      if (thing && before.get(id) !== this.#alarmed.get(id)) this.#put(thing.copy());
    }
  }

  #heard({ alert, counts }) {
    if (alert.raised) this.#alerts.set(alert.id, alert);
    else this.#alerts.delete(alert.id);
    this.#weigh(true);
    this.alerts?.hear(alert);
    this.side.count("alerts", this.#alerts.size, [...this.#alerts.values()].reduce((worst, one) => Math.max(worst, one.state), 0));
    this.slider?.hear(alert);
    if (alert.entity === this.#selected) this.panel.alarmed();
    return counts;
  }

  #note(snapshot) {
    this.querySelector(".map-note.data")?.remove();
    const note = (kind, name, text) => this.querySelector(".map-place").append(h("div", { class: `map-note data notice ${kind}` }, icon(name), h("span", {}, text)));
    if (snapshot.rows.length === 0) note("", "map-pin-off", island.at ? t("Nothing was known of this moment.") : t("No things yet. Connect the first device, and it appears here."));
    else if (!snapshot.complete) note("minor", "triangle-alert", t("The city has more than {limit} things; not all are shown.", { limit: figure(snapshot.limit) }));
  }

  #follow(mark) {
    this.#live ??= new Live({
      things: (rows, gone) => this.#news(rows, gone),
      alert: (news) => {
        this.#heard(news);
        document.dispatchEvent(new CustomEvent("alert", { detail: news }));
      },
      reset: () => !island.at && this.#load(),
      state: (state) => !island.at && this.#status(state),
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

  #news(rows, gone) {
    if (island.at) return;
    if (rows.some((row) => row[1] >= this.kinds.length)) return this.#load(); // a kind that we have not met
    const now = Date.now();
    for (const row of rows) this.#put(this.#fresh(new Thing(row), now));
    for (const id of gone) this.#gone(id);
  }

  /** A thing as it is now; shown with others before the next picture. */
  #put(thing) {
    const before = this.things.get(thing.id);
    thing.state = Math.max(thing.own, this.#alarmed.get(thing.id) ?? 0);
    this.things.set(thing.id, thing);
    const visible = this.#visible(thing);
    const was = before !== undefined && this.#visible(before);
    if (!visible && !was) return;
    const moves = visible !== was || before.state !== thing.state || before.name !== thing.name;
    this.#changed.set(thing.id, moves || this.#changed.get(thing.id) === true);
    this.#soon();
  }

  #gone(id) {
    if (!this.things.delete(id)) return;
    this.#changed.set(id, true);
    this.#soon();
  }

  #soon() {
    this.#frame ||= requestAnimationFrame(() => this.#show());
  }

  /** What has changed since the last picture, on map, list and panel. */
  #show() {
    this.#frame = 0;
    const changed = this.#changed;
    this.#changed = new Map();
    const there = [];
    const away = [];
    for (const id of changed.keys()) {
      const thing = this.things.get(id);
      if (thing && this.#visible(thing)) there.push(thing);
      else away.push(id);
    }
    this.map.change(there);
    this.map.remove(away);
    this.list.change(there, this.playback.playing ? new Set() : new Set([...changed].filter(([, moves]) => moves).map(([id]) => id)));
    if (changed.has(this.#selected)) this.panel.refresh();
    this.#tally();
  }

  #tally() {
    this.tallying ??= setTimeout(() => {
      this.tallying = null;
      this.#tallies();
    }, 500);
  }

  #filter(change) {
    change();
    this.#arrange();
    this.#toAddress();
  }

  /** Whether a thing passes layers, words, district and states. */
  #visible(thing) {
    return this.#matches(thing) && (!this.#states.size || this.#states.has(thing.state));
  }

  #matches(thing) {
    const kind = this.kinds[thing.kind];
    if (this.#off.has(kind.name)) return false;
    if (this.#area && !within(this.#area, thing.lon, thing.lat)) return false;
    return this.#words.every((word) => thing.search.includes(word) || kind.label.toLowerCase().includes(word) || kind.plural.toLowerCase().includes(word));
  }

  /** List and map anew, in the order that holds now. */
  #arrange() {
    if (!this.kinds.length) return;
    const all = [...this.things.values()];
    const onMap = all.filter((thing) => this.#visible(thing));
    const inList = this.#within ? onMap.filter((thing) => inside(thing, this.#within)) : [...onMap];
    inList.sort(ORDERS[this.#sort] ?? ORDERS.state);
    this.#shown = inList;
    this.#changed.clear();
    this.map.show(onMap);
    this.list.show(inList, all.length, this.kinds);
    this.list.select(this.#selected);
    this.map.describe(onMap.length);
    this.side.count("things", inList.length, 0, all.length);
    this.#tallies();
    this.#layers(all);
    const said = n("{n} thing", "{n} things", inList.length);
    const announce = this.querySelector(".announce");
    if (announce.textContent !== said && !this.playback?.playing) announce.textContent = said;
  }

  #tallies() {
    const counts = [0, 0, 0, 0, 0];
    for (const thing of this.things.values()) if (this.#matches(thing)) counts[thing.state] += 1;
    this.list.tallies = counts;
    this.side.tallies = counts;
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

  /** One selection for lists, map and panel. */
  async choose(id, from = "") {
    this.#selected = id;
    this.toggleAttribute("data-panel", id !== null);
    this.list.select(id, { bring: from !== "list" && from !== "moment" });
    this.alerts?.select(id);
    if (id !== null && matchMedia(PHONE).matches) this.side.open(false);
    this.map.resize();
    this.map.select(id, { bring: from === "list" || (from === "address" && !this.placed) });
    await this.panel.show(id);
    this.#toAddress();
  }

  #tick() {
    const now = shownMs();
    const turned = [];
    for (const thing of this.things.values()) {
      const stale = thing.silent(this.kinds, now);
      if (stale === thing.stale) continue;
      thing.stale = stale;
      if (this.#visible(thing)) turned.push(thing);
    }
    this.map.change(turned);
    this.list.tick(this.things);
    this.alerts?.tick();
    this.panel.tick();
  }
}

function inside({ lon, lat }, [west, south, east, north]) {
  return lon !== null && lon >= west && lon <= east && lat >= south && lat <= north;
}

customElements.define("city-situation", CitySituation);
