// Measuring on the map: distances along a line, and the area once it is closed. With the pointer, or by keyboard from the
// middle of the map: arrows move the map, Enter sets a point, Backspace takes it back, Esc ends.

import { mercator } from "./clusters.js";
import { h, icon } from "./dom.js";
import { colours } from "./shapes.js";
import { figure, t } from "./words.js";

const EARTH_M = 6_371_008.8;
const rad = (degrees) => (degrees * Math.PI) / 180;

export class Measure {
  #points = [];
  #closed = false;
  #pointer = null;

  constructor(place, map, layer) {
    this.on = false;
    this.place = place;
    this.map = map;
    this.layer = layer;
    map.on("click", (event) => this.on && this.#set(event.lngLat, event.point));
    map.on("mousemove", (event) => {
      if (!this.on || this.#closed) return;
      this.#pointer = [event.lngLat.lng, event.lngLat.lat];
      layer.soon();
    });
    place.addEventListener("keydown", (event) => this.on && this.#key(event), true);
  }

  toggle() {
    this.on = !this.on;
    this.place.querySelector("[data-measure]").setAttribute("aria-pressed", String(this.on));
    this.place.classList.toggle("measuring", this.on);
    this.#clear();
    if (this.on) {
      this.card = h("div", { class: "map-card measure", role: "status" });
      this.place.append(this.card);
      this.layer.extra = (pen, at) => this.#draw(pen, at);
      this.map.doubleClickZoom.disable();
      this.map.getCanvas().focus();
    } else {
      this.card.remove();
      this.layer.extra = null;
      this.map.doubleClickZoom.enable();
    }
    this.#say();
  }

  #clear() {
    this.#points = [];
    this.#closed = false;
    this.#pointer = null;
    this.layer.soon();
  }

  #key(event) {
    if (event.target.closest("button") && event.key !== "Escape") return;
    const acts = {
      Enter: () => this.#set(this.map.getCenter(), null),
      Backspace: () => {
        this.#closed = false;
        this.#points.pop();
      },
      Escape: () => this.toggle(),
    };
    if (!acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
    this.#say();
    this.layer.soon();
  }

  #set({ lng, lat }, point) {
    if (this.#closed) this.#clear();
    if (point && this.#points.length > 2) {
      const first = this.map.project(this.#points[0]);
      if ((first.x - point.x) ** 2 + (first.y - point.y) ** 2 < 144) this.#closed = true;
    }
    const last = this.#points.at(-1);
    const again = last && last[0] === lng && last[1] === lat;
    if (again && this.#points.length > 2) this.#closed = true; // Enter twice
    if (!this.#closed && !again) this.#points.push([lng, lat]);
    this.#say();
    this.layer.soon();
  }

  #say() {
    if (!this.on) return;
    const tool = (label, name, act) => h("button", { type: "button", class: "icon-button", "aria-label": label, title: label, onclick: act }, icon(name));
    const line = along(this.#closed ? [...this.#points, this.#points[0]] : this.#points);
    const told = this.#points.length < 2
      ? [h("span", {}, this.#points.length ? t("Set the next point.") : t("Set the first point: click, or press Enter for the middle of the map."))]
      : [h("span", {}, this.#closed ? t("Perimeter") : t("Distance")), h("strong", {}, distance(line)),
        ...(this.#points.length > 2 ? [h("span", {}, t("Area")), h("strong", {}, area(surface(this.#points)))] : []),
        this.#closed ? "" : h("span", { class: "hint" }, this.#points.length > 2 ? t("Click the first point to close the area.") : "")];
    this.card.replaceChildren(h("div", { class: "figures" }, told), tool(t("Start anew"), "rotate-ccw", () => {
      this.#clear();
      this.#say();
    }), tool(t("End measuring (Esc)"), "x", () => this.toggle()));
  }

  #draw(pen, at) {
    const c = colours();
    const points = this.#points.map(([lon, lat]) => at(...mercator(lon, lat)));
    const all = !this.#closed && this.#pointer && points.length ? [...points, at(...mercator(...this.#pointer))] : points;
    pen.strokeStyle = c.info;
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.beginPath();
    all.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    if (this.#closed) pen.closePath();
    if (points.length > 2) {
      pen.globalAlpha = 0.14;
      pen.fillStyle = c.info;
      pen.fill();
      pen.globalAlpha = 1;
    }
    pen.stroke();
    pen.fillStyle = c.halo;
    for (const [x, y] of points) {
      pen.beginPath();
      pen.arc(x, y, 4.5, 0, 7);
      pen.fill();
      pen.stroke();
    }
    const { clientWidth: w, clientHeight: hgt } = this.place;
    pen.lineWidth = 1; // the middle of the map, where Enter sets a point
    pen.beginPath();
    pen.moveTo(w / 2 - 6, hgt / 2);
    pen.lineTo(w / 2 + 6, hgt / 2);
    pen.moveTo(w / 2, hgt / 2 - 6);
    pen.lineTo(w / 2, hgt / 2 + 6);
    pen.stroke();
  }
}

/** Metres along positions, on a sphere of the Earth's mean radius: true to half a percent. */
export function along(points) {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    const s = Math.sin(rad(b[1] - a[1]) / 2) ** 2 + Math.cos(rad(a[1])) * Math.cos(rad(b[1])) * Math.sin(rad(b[0] - a[0]) / 2) ** 2;
    sum += 2 * EARTH_M * Math.asin(Math.sqrt(s));
  }
  return sum;
}

/** Square metres inside positions. */
export function surface(points) {
  let sum = 0;
  points.forEach(([lon, lat], i) => {
    const [next, north] = points[(i + 1) % points.length];
    sum += rad(next - lon) * (2 + Math.sin(rad(lat)) + Math.sin(rad(north)));
  });
  return Math.abs((sum * EARTH_M * EARTH_M) / 2);
}

export function distance(metres) {
  return metres < 1000 ? `${figure(metres, 0)} m` : `${figure(metres / 1000, metres < 10_000 ? 2 : 1)} km`;
}

export function area(metres) {
  if (metres < 10_000) return `${figure(metres, 0)} m²`;
  return metres < 1e6 ? `${figure(metres / 10_000, 1)} ha` : `${figure(metres / 1e6, 2)} km²`;
}
