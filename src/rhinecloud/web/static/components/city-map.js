// <city-map>: the base map, the things over it, and the tools to look closer. It draws what it is given, says what was
// chosen, and decides nothing.
// Events: "choose" {id}, "background", "moved" {view, bounds}.

import * as maplibre from "../vendor/maplibre-gl.mjs";
import { h, icon } from "./dom.js";
import { FIRST_BOUNDS, geography, sourcesOf } from "./geography.js";
import { Ground } from "./ground.js";
import { Measure } from "./measure.js";
import { CLUSTER_UNTIL } from "./places.js";
import { ThingsLayer } from "./things-layer.js";
import { age, island, n, t } from "./words.js";

const CAMERA_ONLY = 0.02; // of the screen's pixels: what WebGL paints where the base map is ours, and nothing is in it

class CityMap extends HTMLElement {
  #map = null;
  #things = null;
  #ready = null;
  #kinds = [];
  #measure = null;
  #ground = null;

  connectedCallback() {
    this.#ready ??= this.#start();
  }

  /** Resolves when the base map is there; things are drawn before. */
  get ready() {
    return this.#ready;
  }

  /** False where the browser draws no maps. */
  get able() {
    return this.#map !== null;
  }

  /** The map itself, for who draws on it; null where the browser draws no maps. */
  get camera() {
    return this.#map;
  }

  async #start() {
    const place = h("div", { class: "canvas" });
    this.append(place, this.#tools());
    const view = this.#viewFromAddress();
    const options = {
      container: place, attributionControl: false, fadeDuration: 0, maxZoom: 18, minZoom: 8.5,
      maxBounds: island.mapStyle || island.pmtiles ? undefined : [6.2, 51.1, 7.25, 51.75], dragRotate: false, pitchWithRotate: false, touchPitch: false,
      pixelRatio: this.#own ? CAMERA_ONLY : undefined,
      locale: {
        "Map.Title": t("Map of the city; every thing on it is in the list too"), "AttributionControl.ToggleAttribution": t("Show sources"),
        "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
      },
      ...(view ?? { bounds: FIRST_BOUNDS, fitBoundsOptions: { padding: 24 } }),
    };
    try {
      this.#map = new maplibre.Map(options);
    } catch {
      this.append(h("p", { class: "map-note notice minor" }, icon("map-pin-off"), t("This browser draws no maps (it lacks WebGL). The list shows the same things.")));
      return;
    }
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.#things = new ThingsLayer(this.#map);
    this.#measure = new Measure(this, this.#map, this.#things);
    this.#listen();
    new MutationObserver(() => this.#mood()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const loaded = new Promise((done) => this.#map.once("load", done));
    this.#map.setStyle(await this.#baseStyle(), { diff: false });
    const sources = this.#own ? await geography() : null;
    if (sources) this.#ground = new Ground(this.#map, sources);
    else await loaded;
    const credits = sources ? sourcesOf(sources, t("harbours, roads, railways: schematic")) : undefined;
    this.#map.addControl(new maplibre.AttributionControl({ compact: true, customAttribution: credits }), "bottom-right");
    performance.mark("map-drawn");
    this.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show");
    this.querySelector(".maplibregl-ctrl-attrib")?.removeAttribute("open");
  }

  /** Whether the base map is ours, and not another that the city has chosen. */
  get #own() {
    return !island.mapStyle && !island.pmtiles;
  }

  async #baseStyle() {
    if (island.mapStyle) return island.mapStyle;
    if (island.pmtiles) return (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, maplibre);
    return { version: 8, sources: {}, layers: [] }; // ours lies under it
  }

  /** Permalink: ?@lon,lat,zoom. */
  #viewFromAddress() {
    const match = /[?&#]@(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?),(\d+(?:\.\d+)?)/.exec(location.href);
    return match ? { center: [Number(match[1]), Number(match[2])], zoom: Number(match[3]) } : null;
  }

  get view() {
    if (!this.#map) return "";
    const { lng, lat } = this.#map.getCenter();
    return `${lng.toFixed(5)},${lat.toFixed(5)},${this.#map.getZoom().toFixed(2)}`;
  }

  get bounds() {
    if (!this.#map) return [-180, -90, 180, 90];
    const b = this.#map.getBounds();
    return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()];
  }

  #tools() {
    const button = (label, name, act, more = {}) => h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: act, ...more }, icon(name));
    return h("div", { class: "map-tools" },
      h("div", { class: "group" },
        button(t("Zoom in"), "plus", () => this.#map?.zoomIn()),
        button(t("Zoom out"), "minus", () => this.#map?.zoomOut())),
      h("div", { class: "group" }, button(t("Show the whole city"), "maximize", () => this.#map?.fitBounds(FIRST_BOUNDS, { padding: 24, duration: this.#calm() }))),
      h("div", { class: "group" }, button(t("Measure distance and area"), "ruler", () => this.#measure?.toggle(), { "aria-pressed": "false", "data-measure": "" })),
    );
  }

  #calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350;
  }

  #listen() {
    const map = this.#map;
    map.on("click", (event) => this.#clicked(event));
    map.on("mousemove", (event) => this.#hover(event));
    map.getCanvas().addEventListener("mouseleave", () => this.#tip(null));
    map.on("movestart", () => this.#tip(null));
    map.on("moveend", () => this.dispatchEvent(new CustomEvent("moved", { detail: { view: this.view, bounds: this.bounds } })));
  }

  #clicked(event) {
    if (this.#measure.on) return;
    const hit = this.#things.hit(event.point.x, event.point.y);
    if (!hit) this.dispatchEvent(new CustomEvent("background"));
    else if (hit.group) this.#open(hit.group);
    else this.dispatchEvent(new CustomEvent("choose", { detail: { id: hit.thing.id } }));
  }

  /** A group's things fill the map. */
  #open(group) {
    const [x0, y0, x1, y1] = this.#things.extent(group);
    const to = (x, y) => new maplibre.MercatorCoordinate(x, y).toLngLat();
    this.#map.fitBounds([to(x0, y1), to(x1, y0)], { padding: 90, maxZoom: Math.min(16, Math.max(CLUSTER_UNTIL, this.#map.getZoom() + 1)), duration: this.#calm() });
  }

  #hover(event) {
    if (this.#measure.on) return;
    const hit = this.#things.hit(event.point.x, event.point.y);
    this.#map.getCanvas().classList.toggle("pointing", hit !== null);
    this.#tip(hit?.thing ? hit : null);
  }

  /** What lies under the pointer, in two lines. */
  #tip(hit) {
    if (!hit) {
      this.tip?.remove();
      this.tip = null;
      return;
    }
    if (this.tip?.dataset.id === hit.thing.id) return;
    this.tip?.remove();
    const { thing } = hit;
    const kind = this.#kinds[thing.kind];
    const value = thing.number === null ? thing.said(kind) : `${thing.said(kind)} ${kind.unit}`;
    this.tip = h("div", { class: "map-tip", "data-id": thing.id, "aria-hidden": "true" }, h("strong", {}, thing.name), h("span", {}, kind.label), h("span", { class: "line" }, h("b", {}, value || "–"), thing.ms === null ? "" : ` · ${age(thing.ms)}`));
    this.append(this.tip);
    const left = Math.min(hit.x + 22, this.clientWidth - this.tip.offsetWidth - 8);
    this.tip.style.setProperty("left", `${left}px`);
    this.tip.style.setProperty("top", `${Math.max(8, hit.y - this.tip.offsetHeight - 14)}px`);
  }

  /** The kinds there are. */
  kinds(kinds) {
    this.#kinds = kinds;
    if (this.#things) this.#things.kinds = kinds;
  }

  /** Everything that is to be seen, in place of what was. */
  show(things) {
    this.#things?.show(things);
  }

  /** Things that have changed, drawn together before the next picture. */
  change(things) {
    if (things.length) this.#things?.change(things);
  }

  remove(ids) {
    if (ids.length) this.#things?.remove(ids);
  }

  /** Rings the selected thing, and brings it into view where it is not. */
  select(id, { bring = false } = {}) {
    if (!this.#things) return;
    this.#things.selected = id;
    this.#things.soon();
    const found = this.#things.get(id);
    if (found && bring) this.bring(found.lon, found.lat);
  }

  bring(lon, lat) {
    if (!this.#map) return;
    const [west, south, east, north] = this.bounds;
    const dx = (east - west) * 0.08;
    const dy = (north - south) * 0.12;
    const inside = lon > west + dx && lon < east - dx && lat > south + dy && lat < north - dy;
    if (!inside || this.#map.getZoom() < CLUSTER_UNTIL) {
      this.#map.easeTo({ center: [lon, lat], zoom: Math.max(this.#map.getZoom(), CLUSTER_UNTIL), duration: this.#calm() });
    }
  }

  /** Fills the map with an extent: [west, south, east, north]. */
  fit([west, south, east, north]) {
    this.#map?.fitBounds([[west, south], [east, north]], { padding: 30, duration: this.#calm() });
  }

  /** The other mood: the same things on a base map of the other colours. */
  #mood() {
    this.#things.recolour();
    this.#ground?.paint();
  }

  resize() {
    this.#map?.resize();
  }

  describe(count) {
    this.setAttribute("aria-label", n("Map with {n} thing", "Map with {n} things", count));
  }
}

customElements.define("city-map", CityMap);
