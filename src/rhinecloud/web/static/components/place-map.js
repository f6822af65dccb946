// <place-map>: the place of an incident; a click sets it. <place-search>: districts and things by name, for the field
// "Where". Both write into the fields of the form, which stay usable without them.

import { h, load } from "./dom.js";
import { FIRST_BOUNDS, geography } from "./geography.js";
import { Ground } from "./ground.js";
import { island, t } from "./words.js";

const NOTHING = { type: "FeatureCollection", features: [] };

/** [lon, lat] of "51.4554, 6.7279"; null where it is none. */
function read(text) {
  const parts = text.trim().split(/[\s;]+|,\s+|,(?=-?\d{1,3}\.)/).filter(Boolean).map((part) => Number(part.replace(/,$/, "").replace(",", ".")));
  return parts.length === 2 && parts.every(Number.isFinite) && Math.abs(parts[0]) <= 90 ? [parts[1], parts[0]] : null;
}

class PlaceMap extends HTMLElement {
  #map = null;

  connectedCallback() {
    this.form = this.closest("form");
    this.form.addEventListener("input", (event) => { if (event.target.name === "position") this.#show(true); });
    this.form.addEventListener("change", (event) => { if (event.target.name === "district") this.#outline(); });
    this.#start();
  }

  async #start() {
    const maplibre = await import("../vendor/maplibre-gl.mjs");
    const place = h("div", { class: "canvas", role: "region", "aria-label": t("Map for choosing a place: click sets it") });
    this.replaceChildren(place, h("p", {}, t("Click where it is")));
    this.sources = await geography();
    const style = island.mapStyle || (island.pmtiles ? (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, maplibre) : { version: 8, sources: {}, layers: [] });
    this.#map = new maplibre.Map({ container: place, style, bounds: FIRST_BOUNDS, attributionControl: false, dragRotate: false, fadeDuration: 0 });
    this.#map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-right");
    await new Promise((done) => this.#map.once("load", done));
    if (!island.mapStyle && !island.pmtiles) new Ground(this.#map, this.sources);
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    this.#map.addSource("area", { type: "geojson", data: NOTHING });
    this.#map.addSource("point", { type: "geojson", data: NOTHING });
    this.#map.addLayer({ id: "area", type: "fill", source: "area", paint: { "fill-color": colour("--accent"), "fill-opacity": 0.15 } });
    this.#map.addLayer({ id: "halo", type: "circle", source: "point", paint: { "circle-radius": 15, "circle-color": colour("--critical-fill"), "circle-opacity": 0.2 } });
    this.#map.addLayer({ id: "point", type: "circle", source: "point", paint: { "circle-radius": 6, "circle-color": colour("--critical-fill"), "circle-stroke-width": 2, "circle-stroke-color": colour("--m-halo") } });
    this.#map.getCanvas().style.cursor = "crosshair";
    this.#map.on("click", ({ lngLat }) => {
      this.form.elements.position.value = `${lngLat.lat.toFixed(5)}, ${lngLat.lng.toFixed(5)}`;
      this.form.elements.entity.value = "";
      this.#show(false);
      this.form.elements.position.dispatchEvent(new Event("change", { bubbles: true }));
    });
    this.#outline();
    this.#show(true);
  }

  #show(moving) {
    const at = read(this.form.elements.position.value);
    this.#map?.getSource("point")?.setData(at ? { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } } : NOTHING);
    if (at && moving) this.#map?.jumpTo({ center: at, zoom: Math.max(13, this.#map.getZoom()) });
  }

  #outline() {
    const name = this.form.elements.district.value;
    const found = name && ["borough", "quarter"].map((layer) => this.sources?.[layer]?.data.features.find((one) => one.properties.name === name)).find(Boolean);
    this.#map?.getSource("area")?.setData(found ? { ...found, geometry: { type: "Polygon", coordinates: found.geometry.coordinates } } : NOTHING);
  }
}
customElements.define("place-map", PlaceMap);

class PlaceSearch extends HTMLElement {
  #asked = 0;
  #at = -1;
  #found = [];

  connectedCallback() {
    this.input = this.querySelector("input");
    this.list = this.querySelector("ul");
    let timer = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#ask(), 120);
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.input.addEventListener("blur", () => setTimeout(() => this.#close(), 150));
    if (document.activeElement === this.input && this.input.value) this.#ask(); // typed before this script was there
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const row = event.target.closest("li");
      if (row) this.#take([...this.list.children].indexOf(row));
    });
  }

  async #ask() {
    const asked = ++this.#asked;
    const found = await load("/web/places", { q: this.input.value }).catch(() => []);
    if (asked !== this.#asked) return;
    this.#found = found;
    this.#at = -1;
    this.list.replaceChildren(...found.map((one, at) => h("li", { role: "option", id: `place-${at}`, "aria-selected": "false" }, one.label, h("span", { class: "quiet" }, one.detail || t("District")))));
    this.list.hidden = found.length === 0 || document.activeElement !== this.input;
    this.input.setAttribute("aria-expanded", String(!this.list.hidden));
  }

  #key(event) {
    if (this.list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#at = (this.#at + (event.key === "ArrowDown" ? 1 : -1) + this.#found.length) % this.#found.length;
      [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === this.#at)));
      this.input.setAttribute("aria-activedescendant", `place-${this.#at}`);
    } else if (event.key === "Enter" && this.#at >= 0) this.#take(this.#at);
    else if (event.key === "Escape") this.#close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #take(at) {
    const { label, lon, lat, entity, district } = this.#found[at];
    const { elements } = this.input.form;
    this.input.value = label;
    elements.entity.value = entity;
    elements.district.value = district;
    if (lon !== null) elements.position.value = `${lat.toFixed(5)}, ${lon.toFixed(5)}`;
    this.#close();
    elements.district.dispatchEvent(new Event("change", { bubbles: true }));
    elements.position.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
customElements.define("place-search", PlaceSearch);
