// <area-map>: draws the area of a rule, or shows the district that was chosen. Click sets corners, a click on the first
// one (or Enter) closes; the select beside it does the same by name, for whoever does not use a pointer.

import { h, icon } from "./dom.js";
import { FIRST_BOUNDS, geography } from "./geography.js";
import { Ground } from "./ground.js";
import { island, t } from "./words.js";

const NOTHING = { type: "FeatureCollection", features: [] };

class AreaMap extends HTMLElement {
  #map = null;
  #corners = [];
  #closed = false;
  #maplibre = null;
  #sources = null;

  connectedCallback() {
    this.form = this.closest("form");
    this.form.addEventListener("change", (event) => { if (event.target.name === "area") this.#chosen(); });
    // htmx replaces the sentence, and the field in it, when another kind of things is chosen.
    this.#chosen();
  }

  get #area() {
    return this.form.elements.area?.value ?? "";
  }

  async #chosen() {
    this.hidden = this.#area === "";
    if (this.hidden) return;
    await (this.starting ??= this.#start());
    this.#map.resize();
    this.tools.hidden = this.#area !== "drawn";
    const outline = this.#area === "drawn" ? null : this.#district(this.#area);
    this.#map.getSource("district").setData(outline ?? NOTHING);
    if (outline) this.#fit(outline.geometry.coordinates.flat());
    this.#draw();
  }

  async #start() {
    this.#maplibre = await import("../vendor/maplibre-gl.mjs");
    const place = h("div", { class: "canvas", role: "region", "aria-label": t("Map for drawing the area") });
    this.tools = h("div", { class: "draw-tools" },
      h("span", {}, t("Click to set corners; click the first one to close.")),
      h("button", { type: "button", class: "button", onclick: () => this.#undo() }, icon("undo-2"), t("Undo")),
      h("button", { type: "button", class: "button", onclick: () => this.#clear() }, icon("trash-2"), t("Clear")));
    this.replaceChildren(place, this.tools);
    this.#sources = await geography();
    const base = island.mapStyle || (island.pmtiles ? (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, this.#maplibre) : { version: 8, sources: {}, layers: [] });
    this.#map = new this.#maplibre.Map({ container: place, style: base, bounds: FIRST_BOUNDS, attributionControl: false, dragRotate: false, doubleClickZoom: false, fadeDuration: 0 });
    this.#map.addControl(new this.#maplibre.NavigationControl({ showCompass: false }), "top-right");
    await new Promise((done) => this.#map.once("load", done));
    if (!island.mapStyle && !island.pmtiles) new Ground(this.#map, this.#sources);
    const accent = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
    this.#map.addSource("drawn", { type: "geojson", data: NOTHING });
    this.#map.addSource("district", { type: "geojson", data: NOTHING });
    for (const source of ["drawn", "district"]) {
      this.#map.addLayer({ id: `${source}-fill`, type: "fill", source, filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": accent, "fill-opacity": 0.18 } });
      this.#map.addLayer({ id: `${source}-line`, type: "line", source, paint: { "line-color": accent, "line-width": 2 } });
    }
    this.#map.addLayer({ id: "corners", type: "circle", source: "drawn", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": accent, "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 } });
    this.#map.on("click", (event) => this.#click(event));
    this.#read();
  }

  /** The area that stands in the form. */
  #read() {
    try {
      const geometry = JSON.parse(this.form.elements.geometry.value);
      this.#corners = (geometry.type === "Polygon" ? geometry.coordinates[0] : geometry.coordinates[0][0]).slice(0, -1);
      this.#closed = true;
      this.#fit(this.#corners);
    } catch {
      this.#corners = [];
    }
  }

  #district(name) {
    for (const layer of ["borough", "quarter"]) {
      const found = this.#sources[layer].data.features.find((f) => f.properties.name === name);
      if (found) return { ...found, geometry: { type: "Polygon", coordinates: found.geometry.coordinates } };
    }
    return null;
  }

  #fit(points) {
    if (!points.length) return;
    const bounds = points.reduce((b, p) => b.extend(p), new this.#maplibre.LngLatBounds(points[0], points[0]));
    this.#map.fitBounds(bounds, { padding: 40, duration: 0 });
  }

  #click(event) {
    if (this.#area !== "drawn" || this.#closed) return;
    const first = this.#corners[0] && this.#map.project(this.#corners[0]);
    if (this.#corners.length > 2 && first && Math.hypot(first.x - event.point.x, first.y - event.point.y) < 14) this.#closed = true;
    else this.#corners.push([Number(event.lngLat.lng.toFixed(5)), Number(event.lngLat.lat.toFixed(5))]);
    this.#draw();
    this.#tell();
  }

  #undo() {
    if (this.#closed) this.#closed = false;
    else this.#corners.pop();
    this.#draw();
    this.#tell();
  }

  #clear() {
    this.#corners = [];
    this.#closed = false;
    this.#draw();
    this.#tell();
  }

  #draw() {
    if (this.#area !== "drawn") return this.#map.getSource("drawn").setData(NOTHING);
    const features = this.#corners.map((c) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: c } }));
    if (this.#closed) features.push({ type: "Feature", properties: {}, geometry: this.#polygon() });
    else if (this.#corners.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: this.#corners } });
    this.#map.getSource("drawn").setData({ type: "FeatureCollection", features });
  }

  #polygon() {
    return { type: "Polygon", coordinates: [[...this.#corners, this.#corners[0]]] };
  }

  #tell() {
    const field = this.form.elements.geometry;
    const said = this.#closed ? JSON.stringify(this.#polygon()) : "";
    if (field.value === said) return;
    field.value = said;
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
customElements.define("area-map", AreaMap);
