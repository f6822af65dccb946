// <point-map field="station">: a place on the map, kept in the fields station_lon and station_lat of its form. A click
// sets it; who types figures sees it move.

import { h } from "./dom.js";
import { FIRST_BOUNDS, geography } from "./geography.js";
import { Ground } from "./ground.js";
import { island, t } from "./words.js";

class PointMap extends HTMLElement {
  #map = null;
  #marker = null;

  async connectedCallback() {
    this.form = this.closest("form");
    const name = this.getAttribute("field");
    this.lon = this.form.elements[`${name}_lon`];
    this.lat = this.form.elements[`${name}_lat`];
    const maplibre = await import("../vendor/maplibre-gl.mjs");
    const place = h("div", { class: "canvas", role: "region", "aria-label": t("Map for choosing a place: click sets it") });
    this.replaceChildren(place);
    const sources = await geography();
    const base = island.mapStyle || (island.pmtiles ? (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, maplibre) : { version: 8, sources: {}, layers: [] });
    this.#map = new maplibre.Map({ container: place, style: base, bounds: FIRST_BOUNDS, attributionControl: false, dragRotate: false, fadeDuration: 0 });
    this.#map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    await new Promise((done) => this.#map.once("load", done));
    if (!island.mapStyle && !island.pmtiles) new Ground(this.#map, sources);
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    this.#marker = new maplibre.Marker({ color: accent });
    this.#map.on("click", ({ lngLat }) => this.#set(lngLat));
    for (const field of [this.lon, this.lat]) field.addEventListener("input", () => this.#show(false));
    this.#show(true);
  }

  #set({ lng, lat }) {
    if (this.lon.matches(":disabled")) return;
    this.lon.value = lng.toFixed(5);
    this.lat.value = lat.toFixed(5);
    this.lon.dispatchEvent(new Event("change", { bubbles: true }));
    this.#show(false);
  }

  #show(moves) {
    const at = [this.lon.value, this.lat.value].map((text) => Number.parseFloat(text.replace(",", ".")));
    if (!at.every(Number.isFinite) || Math.abs(at[1]) > 90) return this.#marker.remove();
    this.#marker.setLngLat(at).addTo(this.#map);
    if (moves) this.#map.jumpTo({ center: at, zoom: 13 });
    return undefined;
  }
}
customElements.define("point-map", PointMap);
