// <city-map>: the things of the city on a map. It draws what it is given, says what was chosen, and decides nothing.
// Events: "choose" {id}, "background", "moved" {bounds}.

import * as maplibre from "../vendor/maplibre-gl.mjs";
import { h, icon } from "./dom.js";
import { FIRST_BOUNDS, geography, style } from "./geography.js";
import { cluster, colours, marker } from "./shapes.js";
import { figure, island, n, t } from "./words.js";

const EVERY_MS = 250;
const CLUSTER_UNTIL = 13;
const NOTHING = { type: "FeatureCollection", features: [] };
const FONT = ["Inter", "system-ui", "sans-serif"];

class CityMap extends HTMLElement {
  #map = null;
  #ready = null;
  #drawn = null;
  #kinds = [];
  #shown = new Map();
  #pending = { set: new Map(), remove: new Set() };
  #timer = null;
  #selected = null;

  connectedCallback() {
    this.#ready ??= this.#start();
  }

  /** Resolves when things can be drawn. */
  get ready() {
    return this.#ready;
  }

  async #start() {
    const place = h("div", { class: "canvas" });
    this.append(place, this.#tools());
    const view = this.#viewFromAddress();
    this.#map = new maplibre.Map({
      container: place, style: await this.#baseStyle(), attributionControl: false, fadeDuration: 0, maxZoom: 18, minZoom: 8.5,
      maxBounds: island.mapStyle || island.pmtiles ? undefined : [6.2, 51.1, 7.25, 51.75], dragRotate: false, pitchWithRotate: false, touchPitch: false,
      locale: {
        "Map.Title": t("Map of the city; every thing on it is in the list too"), "AttributionControl.ToggleAttribution": t("Show sources"),
        "ScaleControl.Meters": "m", "ScaleControl.Kilometers": "km",
      },
      ...(view ?? { bounds: FIRST_BOUNDS, fitBoundsOptions: { padding: 24 } }),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), "bottom-left");
    this.#map.addControl(new maplibre.AttributionControl({ compact: true }), "bottom-right");
    await new Promise((done) => this.#map.once("load", done));
    this.querySelector(".maplibregl-ctrl-attrib")?.classList.remove("maplibregl-compact-show");
    this.querySelector(".maplibregl-ctrl-attrib")?.removeAttribute("open");
    this.#layers();
    this.#listen();
    new MutationObserver(() => this.#mood()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  async #baseStyle() {
    if (island.mapStyle) return island.mapStyle;
    if (island.pmtiles) return (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, maplibre);
    return style(await geography(), t("harbours, roads, railways: schematic"));
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
    const button = (label, name, act) => h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: act }, icon(name));
    return h("div", { class: "map-tools" },
      h("div", { class: "group" },
        button(t("Zoom in"), "plus", () => this.#map?.zoomIn()),
        button(t("Zoom out"), "minus", () => this.#map?.zoomOut())),
      h("div", { class: "group" }, button(t("Show the whole city"), "maximize", () => this.#map?.fitBounds(FIRST_BOUNDS, { padding: 24, duration: this.#calm() }))),
    );
  }

  #calm() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 350;
  }

  /** The kinds there are; their markers are drawn before the first thing needs them. */
  kinds(kinds) {
    this.#kinds = kinds;
    this.#drawn = this.#ready.then(() => this.#images());
  }

  async #images() {
    const c = colours();
    const put = (name, image) => (this.#map.hasImage(name) ? this.#map.updateImage(name, image) : this.#map.addImage(name, image, { pixelRatio: 2 }));
    const icons = [...new Set(this.#kinds.map((k) => k.icon))];
    await Promise.all([
      ...icons.flatMap((name) => [0, 1, 2, 3, 4, 5].map(async (state) => put(`${name}/${state}`, await marker(name, state, c)))),
      ...[0, 1, 2, 3, 4].map(async (state) => put(`cluster/${state}`, await cluster(state, c))),
    ]);
  }

  #layers() {
    const map = this.#map;
    const c = colours();
    map.addSource("things", {
      type: "geojson", data: NOTHING, promoteId: "id", cluster: true, clusterRadius: 38, clusterMaxZoom: CLUSTER_UNTIL - 1,
      clusterProperties: { worst: ["max", ["get", "state"]] },
    });
    map.addSource("selected", { type: "geojson", data: NOTHING });
    map.addLayer({ id: "selected", type: "circle", source: "selected", paint: { "circle-radius": 19, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": c.info, "circle-stroke-width": 2.5 } });
    map.addLayer({
      id: "clusters", type: "symbol", source: "things", filter: ["has", "point_count"],
      layout: {
        "icon-image": ["concat", "cluster/", ["get", "worst"]], "icon-allow-overlap": true, "text-allow-overlap": true,
        "text-field": ["get", "point_count_abbreviated"], "text-font": FONT, "text-size": 12.5,
      },
      paint: { "text-color": c.text },
    });
    map.addLayer({
      id: "things", type: "symbol", source: "things", filter: ["!", ["has", "point_count"]],
      layout: {
        "icon-image": ["concat", ["get", "icon"], "/", ["get", "look"]], "icon-allow-overlap": true, "icon-padding": 1,
        "symbol-sort-key": ["get", "state"],
        "text-field": ["step", ["zoom"], "", 11.4, ["get", "value"], 13, ["case", ["==", ["get", "value"], ""], ["get", "name"], ["concat", ["get", "value"], "\n", ["get", "name"]]]],
        "text-font": FONT, "text-size": 12, "text-optional": true, "text-anchor": "left", "text-justify": "left", "text-offset": [1.5, 0], "text-max-width": 13, "text-line-height": 1.25,
      },
      paint: { "text-color": c.text, "text-halo-color": c.halo, "text-halo-width": 1.6 },
    });
  }

  #listen() {
    const map = this.#map;
    map.on("click", (event) => this.#clicked(event));
    for (const layer of ["things", "clusters"]) {
      map.on("mouseenter", layer, () => map.getCanvas().classList.add("pointing"));
      map.on("mouseleave", layer, () => map.getCanvas().classList.remove("pointing"));
    }
    map.on("moveend", () => this.dispatchEvent(new CustomEvent("moved", { detail: { view: this.view, bounds: this.bounds } })));
  }

  async #clicked(event) {
    const reach = 5;
    const box = [[event.point.x - reach, event.point.y - reach], [event.point.x + reach, event.point.y + reach]];
    const [hit] = this.#map.queryRenderedFeatures(box, { layers: ["things", "clusters"] });
    if (!hit) {
      this.dispatchEvent(new CustomEvent("background"));
    } else if (hit.properties.cluster_id !== undefined) {
      const zoom = await this.#map.getSource("things").getClusterExpansionZoom(hit.properties.cluster_id);
      this.#map.easeTo({ center: hit.geometry.coordinates, zoom: Math.min(zoom + 0.2, 16), duration: this.#calm() });
    } else {
      this.dispatchEvent(new CustomEvent("choose", { detail: { id: hit.properties.id } }));
    }
  }

  /** Everything that is to be seen, in place of what was. */
  async show(things) {
    this.#shown = new Map(things.filter((thing) => thing.lon !== null).map((thing) => [thing.id, this.#feature(thing)]));
    this.#pending = { set: new Map(), remove: new Set() };
    await this.#drawn;
    this.#map.getSource("things").setData({ type: "FeatureCollection", features: [...this.#shown.values()] });
    this.#mark();
  }

  /** One thing has changed; drawn with others that change in the same quarter of a second. */
  change(thing) {
    if (thing.lon === null) return this.remove(thing.id);
    const made = this.#feature(thing);
    const before = this.#shown.get(thing.id);
    if (before && same(before, made)) return;
    this.#shown.set(thing.id, made);
    this.#pending.remove.delete(thing.id);
    this.#pending.set.set(thing.id, made);
    this.#soon();
  }

  remove(id) {
    if (!this.#shown.delete(id)) return;
    this.#pending.set.delete(id);
    this.#pending.remove.add(id);
    this.#soon();
  }

  #soon() {
    this.#timer ??= setTimeout(async () => {
      await this.#drawn;
      this.#timer = null;
      const { set, remove } = this.#pending;
      this.#pending = { set: new Map(), remove: new Set() };
      // `add` with an id that is there replaces it.
      this.#map.getSource("things").updateData({ remove: [...remove], add: [...set.values()] });
      if (set.has(this.#selected) || remove.has(this.#selected)) this.#mark();
    }, EVERY_MS);
  }

  #feature(thing) {
    const kind = this.#kinds[thing.kind];
    const value = thing.number === null ? thing.text.slice(0, 24) : figure(thing.number, kind.decimals) + (kind.unit ? ` ${kind.unit}` : "");
    return {
      type: "Feature", id: thing.id, geometry: { type: "Point", coordinates: [thing.lon, thing.lat] },
      properties: { id: thing.id, name: thing.name, icon: kind.icon, state: thing.state, look: thing.stale && thing.state < 2 ? 5 : thing.state, value },
    };
  }

  /** Rings the selected thing, and brings it into view where it is not. */
  async select(id, { bring = false } = {}) {
    this.#selected = id;
    await this.#drawn;
    this.#mark();
    const found = this.#shown.get(id);
    if (!found || !bring) return;
    const [lon, lat] = found.geometry.coordinates;
    const [west, south, east, north] = this.bounds;
    const dx = (east - west) * 0.08;
    const dy = (north - south) * 0.12;
    const inside = lon > west + dx && lon < east - dx && lat > south + dy && lat < north - dy;
    if (!inside || this.#map.getZoom() < CLUSTER_UNTIL) {
      this.#map.easeTo({ center: [lon, lat], zoom: Math.max(this.#map.getZoom(), CLUSTER_UNTIL), duration: this.#calm() });
    }
  }

  #mark() {
    const found = this.#shown.get(this.#selected);
    this.#map?.getSource("selected")?.setData(found ? { type: "FeatureCollection", features: [found] } : NOTHING);
  }

  /** The other mood: the same things on a base map of the other colours. */
  async #mood() {
    if (!island.mapStyle && !island.pmtiles) {
      const things = [...this.#shown.values()];
      this.#map.setStyle(await this.#baseStyle(), { diff: false });
      await new Promise((done) => this.#map.once("styledata", done));
      this.#layers();
      await this.#images();
      this.#map.getSource("things").setData({ type: "FeatureCollection", features: things });
      this.#mark();
    }
  }

  resize() {
    this.#map?.resize();
  }

  describe(count) {
    this.setAttribute("aria-label", n("Map with {n} thing", "Map with {n} things", count));
  }
}

function same(a, b) {
  const [x, y] = a.geometry.coordinates;
  const [u, v] = b.geometry.coordinates;
  return x === u && y === v && Object.keys(b.properties).every((key) => a.properties[key] === b.properties[key]);
}

customElements.define("city-map", CityMap);
