// <city-situation>: one selection, one filter and one moment for list, map, panel and slider alike. What there is and what of
// it is picked, picked.js knows; here is what people do, and when what is shown.

import "./alert-list.js";
import "./city-map.js";
import "./situation-side.js";
import "./thing-list.js";
import "./thing-panel.js";
import "./time-slider.js";
import { districts } from "./districts.js";
import { h, icon, load } from "./dom.js";
import { showLayers } from "./layer-card.js";
import { showState } from "./line-state.js";
import { Live } from "./live.js";
import { Picked } from "./picked.js";
import { MOST } from "./thing-list.js";
import { shownMs, words } from "./things.js";
import { TimeTravel } from "./time-travel.js";
import { toast } from "./toast.js";
import { fromAddress, toAddress } from "./view-address.js";
import { figure, island, n, t } from "./words.js";

const PHONE = "(max-width: 860px)";
const WHOLE_MS = 60_000; // for so long moments are told as steps from one that was told whole; late data may come meanwhile

class CitySituation extends HTMLElement {
  #picked = new Picked();
  #selected = null;
  #live = null;
  #changed = new Map(); // id → whether its place in the list would be another
  #frame = 0;
  #time = null; // TimeTravel
  #told = null; // {at, whole}: of which moment everything is shown ("" is now), and when it was last told whole
  #clock = null;

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
    this.#time = new TimeTravel(this.slider, {
      load: (settled) => this.#load(settled),
      moved: (moves, ms) => this.#moved(moves, ms),
      arrived: () => this.#toAddress(),
      fail: (error) => toast(error.message, { icon: "triangle-alert", state: 3 }),
    });
    await this.#load();
    this.#clock = setInterval(() => this.#tick(), 5_000);
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    this.#live?.stop();
    this.#time?.stop();
  }

  // ── the address ──

  #fromAddress() {
    const asked = fromAddress();
    this.#selected = asked.selected;
    this.placed = asked.placed;
    this.wanted = asked.layers;
    Object.assign(this.#picked, { words: asked.words, states: asked.states, sort: asked.sort });
    if (this.search) this.search.value = asked.search;
    this.list.filter = asked.states;
    this.list.sorting.value = asked.sort;
    this.side.tab = asked.list;
    this.#areas(asked.district);
  }

  async #areas(wanted) {
    const all = await districts().catch(() => []);
    this.list.areas = all;
    const found = all.find((area) => area.name === wanted);
    if (!found) return;
    this.list.area.value = wanted;
    this.#picked.area = found;
    this.#arrange();
  }

  #toAddress() {
    toAddress({ selected: this.#selected, pick: this.#picked, list: this.side.chosen ? this.side.tab : "", view: this.map.view });
  }

  // ── what people do ──

  #listen() {
    const choose = (event) => this.choose(event.detail.id, event.currentTarget === this.map ? "map" : "list");
    this.map.addEventListener("choose", choose);
    this.list.addEventListener("choose", choose);
    this.alerts?.addEventListener("choose", choose);
    this.map.addEventListener("background", () => this.choose(null));
    this.map.addEventListener("moved", (event) => {
      if (this.#picked.bounds) {
        this.#picked.bounds = event.detail.bounds;
        this.#arrange();
      }
      this.#toAddress();
    });
    this.list.addEventListener("states", (event) => this.#filter(() => { this.#picked.states = new Set(event.detail.states); }));
    this.list.addEventListener("within", (event) => this.#filter(() => { this.#picked.bounds = event.detail.on ? this.map.bounds : null; }));
    this.list.addEventListener("sort", (event) => this.#filter(() => { this.#picked.sort = event.detail.by; }));
    this.list.addEventListener("area", (event) => this.#filter(() => {
      this.#picked.area = event.detail.area;
      if (event.detail.area) this.map.fit(event.detail.area.bounds);
    }));
    this.list.addEventListener("refresh", () => this.#arrange());
    this.side.addEventListener("tab", () => this.#toAddress());
    this.panel.addEventListener("close", () => this.#back());
    this.panel.addEventListener("locate", (event) => this.map.select(event.detail.id, { bring: true }));
    this.panel.addEventListener("moment", (event) => this.seek(event.detail.ms, true));
    this.slider?.addEventListener("seek", (event) => this.seek(event.detail.ms, event.detail.settled));
    this.slider?.addEventListener("play", (event) => this.#time.play(event.detail.speed));
    this.querySelector("[data-share]")?.addEventListener("click", () => this.#share());
    this.search?.addEventListener("input", () => this.#filter(() => {
      this.#picked.words = words(this.search.value);
      if (this.#picked.words.length) this.side.tab = "things";
    }));
    this.search?.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        this.side.tab = "things";
        this.side.open(true);
        this.list.focusFirst();
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

  /** Looks at a moment; null is now. */
  seek(ms, settled = true) {
    return this.#time.seek(ms, settled);
  }

  /** How the past went on. */
  #moved(moves, ms) {
    this.#told = null;
    for (const move of moves) {
      const before = this.#picked.things.get(move[1]);
      if (!before) continue; // came into being; the next picture has it
      if (move[5]) this.#gone(move[1]);
      else this.#put(before.moved(move));
    }
    this.#alertsOf(ms);
  }

  /** While the past is played: which of the alerts that are known were raised then. */
  #alertsOf(ms) {
    if (!this.alerts || !this.slider) return;
    const second = Math.floor(ms / 1000);
    if (this.alertSecond === second) return;
    this.alertSecond = second;
    const raised = this.slider.alerts.filter((alert) => alert.raisedMs <= ms && (alert.clearedMs === null || alert.clearedMs > ms));
    const known = this.#picked.alerts;
    const same = raised.length === known.size && raised.every((alert) => known.has(alert.id));
    if (!same) this.#alarm(raised.map((alert) => ({ ...alert, raised: true })));
  }

  // ── what there is ──

  async #load(settled = true) {
    const at = island.at;
    const since = at && this.#base();
    let snapshot;
    let alerts = null;
    try {
      [snapshot, alerts] = await Promise.all([load("/web/things", { at, since }), this.alerts && settled ? load("/web/alerts", { at }).catch(() => null) : null]);
    } catch (error) {
      this.#status("offline");
      this.list.show([], 0, 0, [], error.message);
      if (!at) setTimeout(() => !island.at && this.#load(), 10_000);
      return;
    }
    if (at !== island.at && !this.#time.overtaken) return;
    const stepped = snapshot.sinceMs !== null && this.#told?.at;
    this.#told = snapshot.complete ? { at, whole: stepped ? this.#told.whole : Date.now() } : null;
    const first = !this.#picked.things.size;
    if (alerts) this.#alarm(alerts.alerts, false);
    else if (at) this.#alertsOf(Date.parse(at));
    this.#picked.load(snapshot, at ? snapshot.ms : Date.now(), this.wanted);
    this.wanted = null;
    this.#note(snapshot);
    this.map.kinds(this.#picked.kinds);
    this.#arrange();
    if (this.#selected && settled) this.choose(this.#selected, first ? "address" : "moment");
    if (!at) this.#follow(snapshot.mark);
    else {
      this.#live?.stop();
      this.#status("past");
    }
  }

  /** The moment of which everything is shown, so that another one can be told as what differs; "" where that is none. */
  #base() {
    if (this.#told?.at) return Date.now() - this.#told.whole < WHOLE_MS ? this.#told.at : "";
    if (!this.#told || this.#live?.state !== "live") return "";
    return new Date(Date.now() + 1000).toISOString().replace(/\.\d+/, "");
  }

  /** The alerts of the moment; `redraw` where things are there already. */
  #alarm(alerts, redraw = true) {
    this.#weigh(alerts.filter((alert) => alert.raised), redraw);
    this.alerts?.show([...this.#picked.alerts.values()], island.at ? shownMs() : null);
    this.alerts?.select(this.#selected);
  }

  #weigh(alerts, redraw = true) {
    const turned = this.#picked.alarm(alerts);
    if (redraw) for (const thing of turned) this.#put(thing);
    this.side.count("alerts", alerts.length, this.#picked.worstAlert);
  }

  #heard({ alert }) {
    const others = [...this.#picked.alerts.values()].filter((one) => one.id !== alert.id);
    this.#weigh(alert.raised ? [...others, alert] : others);
    this.alerts?.hear(alert);
    this.slider?.hear(alert);
    if (alert.entity === this.#selected) this.panel.alarmed();
  }

  #note(snapshot) {
    this.querySelector(".map-note.data")?.remove();
    const note = (kind, name, text) => this.querySelector(".map-place").append(h("div", { class: `map-note data notice ${kind}` }, icon(name), h("span", {}, text)));
    if (!this.#picked.things.size) note("", "map-pin-off", island.at ? t("Nothing was known of this moment.") : t("No things yet. Connect the first device, and it appears here."));
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
    showState(state, this.#live?.heard);
    this.toggleAttribute("data-offline", state === "offline");
  }

  #news(rows, gone) {
    if (island.at) return;
    if (rows.some((row) => row[1] >= this.#picked.kinds.length)) return this.#load(); // a kind that we have not met
    const now = Date.now();
    for (const row of rows) this.#put(this.#picked.fresh(row, now));
    for (const id of gone) this.#gone(id);
  }

  /** A thing as it is now; shown with others before the next picture. */
  #put(thing) {
    const moves = this.#picked.put(thing);
    if (moves === null) return;
    this.#changed.set(thing.id, moves || this.#changed.get(thing.id) === true);
    this.#soon();
  }

  #gone(id) {
    if (!this.#picked.things.delete(id)) return;
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
      const thing = this.#picked.things.get(id);
      if (thing && this.#picked.has(thing)) there.push(thing);
      else away.push(id);
    }
    this.map.change(there);
    this.map.remove(away);
    this.list.change(there, this.#time.playing ? new Set() : new Set([...changed].filter(([, moves]) => moves).map(([id]) => id)));
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

  /** List and map anew, in the order that holds now. */
  #arrange() {
    if (!this.#picked.kinds.length) return;
    const { onMap, count, first } = this.#picked.all(MOST);
    const total = this.#picked.things.size;
    this.#changed.clear();
    this.map.show(onMap);
    this.list.show(first, count, total, this.#picked.kinds);
    this.list.select(this.#selected);
    this.map.describe(onMap.length);
    this.side.count("things", count, 0, total);
    this.#tallies();
    showLayers(this.layers, this.#picked, (name, on) => this.#filter(() => { on ? this.#picked.off.delete(name) : this.#picked.off.add(name); }));
    const said = n("{n} thing", "{n} things", count);
    const announce = this.querySelector(".announce");
    if (announce.textContent !== said && !this.#time.playing) announce.textContent = said;
  }

  #tallies() {
    const counts = this.#picked.tallies();
    this.list.tallies = counts;
    this.side.tallies = counts;
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
    this.map.change(this.#picked.tick(shownMs()));
    this.list.tick(this.#picked.things);
    this.alerts?.tick();
    this.panel.tick();
  }
}

customElements.define("city-situation", CitySituation);
