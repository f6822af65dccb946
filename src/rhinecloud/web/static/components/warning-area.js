// <warning-area>: draws where a warning counts: corners by click, a circle around a point, whole districts by name. What is
// drawn stands as GeoJSON in the field "geometry" of the form; without a script, districts are chosen from the list beside it.

import { h, icon } from "./dom.js";
import { FIRST_BOUNDS, geography } from "./geography.js";
import { Ground } from "./ground.js";
import { island, t } from "./words.js";

const NOTHING = { type: "FeatureCollection", features: [] };
const RADII = [250, 500, 1000, 2000, 5000];

class WarningArea extends HTMLElement {
  #map = null;
  #maplibre = null;
  #sources = null;
  #parts = []; // polygons: lists of rings
  #corners = [];
  #mode = "corners";

  async connectedCallback() {
    this.form = this.closest("form");
    this.#read();
    this.#maplibre = await import("../vendor/maplibre-gl.mjs");
    const place = h("div", { class: "canvas", role: "region", "aria-label": t("Map for drawing the area") });
    this.radius = h("select", { "aria-label": t("Radius") }, ...RADII.map((m) => h("option", { value: String(m) }, m < 1000 ? `${m} m` : `${m / 1000} km`)));
    this.radius.value = "500";
    this.says = h("span", { "aria-live": "polite" });
    this.modes = [["corners", t("Corners")], ["circle", t("Circle")]].map(([mode, word]) =>
      h("button", { type: "button", class: "button", "data-mode": mode, onclick: () => this.#choose(mode) }, word));
    this.replaceChildren(place, h("div", { class: "draw-tools" }, ...this.modes, this.radius, this.says,
      h("button", { type: "button", class: "button", onclick: () => this.#undo() }, icon("undo-2"), t("Undo")),
      h("button", { type: "button", class: "button", onclick: () => this.#clear() }, icon("trash-2"), t("Clear"))));
    this.#choose("corners");
    this.form.elements.district?.addEventListener("change", (event) => this.#district(event.target));
    this.#sources = await geography();
    const base = island.mapStyle || (island.pmtiles ? (await import("./pmtiles-style.js")).pmtilesStyle(island.pmtiles, this.#maplibre) : { version: 8, sources: {}, layers: [] });
    this.#map = new this.#maplibre.Map({ container: place, style: base, bounds: FIRST_BOUNDS, attributionControl: false, dragRotate: false, doubleClickZoom: false, fadeDuration: 0 });
    this.#map.addControl(new this.#maplibre.NavigationControl({ showCompass: false }), "top-right");
    await new Promise((done) => this.#map.once("load", done));
    if (!island.mapStyle && !island.pmtiles) new Ground(this.#map, this.#sources);
    this.#layers();
    this.#map.on("click", (event) => this.#click(event));
    this.#draw();
    this.#fit();
  }

  #layers() {
    const style = getComputedStyle(document.documentElement);
    const accent = style.getPropertyValue("--critical").trim();
    this.#map.addSource("area", { type: "geojson", data: NOTHING });
    this.#map.addLayer({ id: "area-fill", type: "fill", source: "area", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": accent, "fill-opacity": 0.2 } });
    this.#map.addLayer({ id: "area-line", type: "line", source: "area", paint: { "line-color": accent, "line-width": 2 } });
    this.#map.addLayer({ id: "area-corners", type: "circle", source: "area", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 5, "circle-color": accent, "circle-stroke-color": "#fff", "circle-stroke-width": 1.5 } });
  }

  #choose(mode) {
    this.#mode = mode;
    for (const button of this.modes) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
    this.radius.hidden = mode !== "circle";
    this.says.textContent = mode === "circle" ? t("Click into the middle of the circle.") : t("Click to set corners; click the first one to close.");
    if (mode === "circle") this.#corners = [];
    this.#draw();
  }

  /** What stands in the form. */
  #read() {
    try {
      const geometry = JSON.parse(this.form.elements.geometry.value);
      this.#parts = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
    } catch {
      this.#parts = [];
    }
  }

  #click(event) {
    const at = [Number(event.lngLat.lng.toFixed(5)), Number(event.lngLat.lat.toFixed(5))];
    if (this.#mode === "circle") {
      this.#parts.push([circle(at, Number(this.radius.value))]);
      this.#tell();
      return;
    }
    const first = this.#corners[0] && this.#map.project(this.#corners[0]);
    if (this.#corners.length > 2 && first && Math.hypot(first.x - event.point.x, first.y - event.point.y) < 14) {
      this.#parts.push([[...this.#corners, this.#corners[0]]]);
      this.#corners = [];
      this.#tell();
    } else {
      this.#corners.push(at);
      this.#draw();
    }
  }

  #district(select) {
    const name = select.value;
    if (!name) return;
    for (const layer of ["borough", "quarter"]) {
      const found = this.#sources?.[layer].data.features.find((f) => f.properties.name === name);
      if (!found) continue;
      const { type, coordinates } = found.geometry;
      const rings = type === "Polygon" || type === "MultiLineString" ? coordinates : type === "MultiPolygon" ? coordinates.map((p) => p[0]) : [coordinates];
      for (const ring of rings) this.#parts.push([closed(ring)]);
      select.value = "";
      this.#tell();
      this.#fit();
      return;
    }
  }

  #undo() {
    if (this.#corners.length) this.#corners.pop();
    else this.#parts.pop();
    this.#tell();
  }

  #clear() {
    this.#corners = [];
    this.#parts = [];
    this.#tell();
  }

  #tell() {
    this.#draw();
    const field = this.form.elements.geometry;
    field.value = this.#parts.length ? JSON.stringify({ type: "MultiPolygon", coordinates: this.#parts }) : "";
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #draw() {
    if (!this.#map?.getSource("area")) return;
    const features = this.#parts.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates } }));
    features.push(...this.#corners.map((c) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: c } })));
    if (this.#corners.length > 1) features.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: this.#corners } });
    this.#map.getSource("area").setData({ type: "FeatureCollection", features });
  }

  #fit() {
    const points = this.#parts.flatMap((p) => p[0]);
    if (!points.length || !this.#map) return;
    const bounds = points.reduce((b, p) => b.extend(p), new this.#maplibre.LngLatBounds(points[0], points[0]));
    this.#map.fitBounds(bounds, { padding: 60, duration: 0, maxZoom: 15 });
  }
}

const closed = (ring) => (ring[0][0] === ring.at(-1)[0] && ring[0][1] === ring.at(-1)[1] ? ring : [...ring, ring[0]]);

/** A ring of 32 corners around a point; `radius` in metres. */
function circle([lon, lat], radius) {
  const high = radius / 111_195;
  const wide = high / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: 32 }, (_, n) => {
    const turn = (2 * Math.PI * n) / 32;
    return [Number((lon + wide * Math.cos(turn)).toFixed(5)), Number((lat + high * Math.sin(turn)).toFixed(5))];
  });
  return [...ring, ring[0]];
}
customElements.define("warning-area", WarningArea);
