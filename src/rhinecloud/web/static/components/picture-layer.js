// The common picture, painted over the base map on a canvas of its own: areas, lines, tactical signs, units and incidents.
// Draws what it is given and says what lies under the pointer; decides nothing.

import { mercator, scaleOf } from "./clusters.js";
import { base } from "./dom.js";
import { LOOKS, PLAIN, along, arrow, cross, middle, tooth } from "./picture-looks.js";
import { marker } from "./shapes.js";
import { island } from "./words.js";

const STAMPS = { free: "good", ask: "info", bound: "major", out: "text-3" };
const NEAR = 9; // pixels
const EDGE = 60;

export class PictureLayer {
  #map;
  #pen;
  #room = null;
  #frame = 0;
  #images = new Map();
  #tokens = new Map();
  #taken = []; // boxes that words have already
  #hits = []; // {kind, id, x, y, r} or {kind, id, path, line}, the topmost last
  #hatches = new Map();
  data = { drawings: [], units: [], incidents: [], area: null };
  hidden = new Set(["other-units", "incidents"]); // layers (agencies), and "units", "other-units", "incidents"
  selected = null; // "drawing/…", "unit/…", "incident/…"
  sketch = null; // {points, shape, closed, pointer} that is being drawn
  handles = null; // points of the drawing whose shape is being changed

  constructor(map) {
    this.#map = map;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "things-layer picture-layer";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    this.#pen = this.canvas.getContext("2d");
    map.on("render", () => this.#draw());
    map.on("resize", () => {
      this.#room = null;
      this.soon();
    });
    new MutationObserver(() => this.#recolour()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  show(data) {
    this.data = data;
    this.soon();
  }

  soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  #recolour() {
    this.#tokens.clear();
    this.#hatches.clear();
    for (const name of this.#images.keys()) if (name.startsWith("marker/")) this.#images.delete(name);
    this.soon();
  }

  #token(name) {
    if (!this.#tokens.has(name)) this.#tokens.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
    return this.#tokens.get(name);
  }

  #size() {
    if (this.#room) return this.#room;
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer();
    const ratio = Math.min(devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(w * ratio);
    this.canvas.height = Math.round(h * ratio);
    this.#room = w ? { w, h, ratio } : null;
    return { w, h, ratio };
  }

  /** Where a position is on the screen. */
  get at() {
    const { w, h } = this.#size();
    const { lng, lat } = this.#map.getCenter();
    const [cx, cy] = mercator(lng, lat);
    const scale = scaleOf(this.#map.getZoom());
    return ([lon, latitude]) => {
      const [x, y] = mercator(lon, latitude);
      return [(x - cx) * scale + w / 2, (y - cy) * scale + h / 2];
    };
  }

  #draw() {
    const { w, h, ratio } = this.#size();
    const pen = this.#pen;
    const at = this.at;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    this.#hits = [];
    this.#taken = [];
    if (this.data.area) this.#shape(pen, at, { kind: "area", geometry: this.data.area, id: "", planned: true }, false);
    const shown = this.data.drawings.filter((d) => !this.hidden.has(`layer/${d.agency}`));
    for (const d of shown) if (d.geometry.type !== "Point") this.#shape(pen, at, d, true);
    for (const i of this.data.incidents) if (i.this || !this.hidden.has("incidents")) this.#incident(pen, at([i.lon, i.lat]), i);
    this.#units(pen, at);
    const points = shown.filter((d) => d.geometry.type === "Point");
    for (const d of [...shown.filter((d) => d.geometry.type !== "Point"), ...points]) this.#mark(pen, at, d);
    for (const d of [...points, ...shown.filter((d) => d.geometry.type !== "Point")]) this.#name(pen, at, d);
    this.#sketching(pen, at, w, h);
    this.canvas.dataset.drawn = String(shown.length);
  }

  // ── areas and lines ──

  #shape(pen, at, d, hit) {
    const look = LOOKS[d.kind] ?? PLAIN;
    const colour = this.#token(look.colour);
    const chosen = hit && this.selected === `drawing/${d.id}`;
    const rings = d.geometry.type === "Polygon" ? d.geometry.coordinates : d.geometry.type === "LineString" ? [d.geometry.coordinates] : [];
    const closed = d.geometry.type === "Polygon";
    const points = rings.map((ring) => ring.map(at));
    const path = new Path2D();
    for (const ring of points) {
      ring.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      if (closed) path.closePath();
    }
    pen.save();
    pen.globalAlpha = d.planned ? 0.6 : 1;
    if (closed && look.fill) {
      pen.save();
      pen.globalAlpha *= look.fill;
      pen.fillStyle = colour;
      pen.fill(path, "evenodd");
      pen.restore();
      if (look.hatch) {
        pen.fillStyle = this.#hatch(look.colour, colour);
        pen.fill(path, "evenodd");
      }
    }
    pen.lineJoin = pen.lineCap = "round";
    const wide = look.wide ?? 2.5;
    pen.strokeStyle = this.#token("m-halo");
    pen.lineWidth = wide + 3;
    pen.globalAlpha *= 0.75;
    pen.stroke(path);
    pen.globalAlpha = d.planned ? 0.6 : 1;
    if (chosen) {
      pen.strokeStyle = this.#token("accent");
      pen.lineWidth = wide + 6;
      pen.globalAlpha *= 0.5;
      pen.stroke(path);
      pen.globalAlpha = d.planned ? 0.6 : 1;
    }
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = wide;
    pen.setLineDash(d.planned ? [7, 7] : look.dash ?? []);
    pen.stroke(path);
    pen.setLineDash([]);
    for (const ring of points) {
      if (look.arrows) along(ring, 70, (x, y, angle) => arrow(pen, x, y, angle, 8), true);
      if (look.ticks) along(ring, 16, (x, y, angle) => cross(pen, x, y, angle, 5));
      if (look.teeth) along(ring, 14, (x, y, angle) => tooth(pen, x, y, angle, 6));
    }
    pen.restore();
    if (hit) this.#hits.push({ kind: "drawing", id: d.id, path, closed });
  }

  #hatch(name, colour) {
    if (!this.#hatches.has(name)) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 12;
      const pen = tile.getContext("2d");
      pen.strokeStyle = colour;
      pen.globalAlpha = 0.4;
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const shift of [-12, 0, 12]) {
        pen.moveTo(shift, 12);
        pen.lineTo(shift + 12, 0);
      }
      pen.stroke();
      this.#hatches.set(name, this.#pen.createPattern(tile, "repeat"));
    }
    return this.#hatches.get(name);
  }

  // ── signs, labels ──

  /** A drawing's sign and its words, in the middle of what it is. */
  #mark(pen, at, d) {
    const [x, y] = at(middle(d.geometry));
    const { w, h } = this.#size();
    if (x < -EDGE || y < -EDGE || x > w + EDGE || y > h + EDGE) return;
    const point = d.geometry.type === "Point";
    const chosen = this.selected === `drawing/${d.id}`;
    const sign = d.sign && (point || this.#map.getZoom() > 11.5);
    if (chosen && point) this.#ring(pen, x, y, sign ? 27 : 12);
    if (sign) {
      const image = this.#image(`sign/${d.sign}${d.planned ? "?" : ""}`, () => load(`/web/signs/${encodeURIComponent(d.sign)}?lang=${island.language}${d.planned ? "&planned=1" : ""}`));
      pen.globalAlpha = d.planned ? 0.55 : 1;
      if (image) pen.drawImage(image, x - 24, y - 19, 48, 38.4);
      pen.globalAlpha = 1;
    } else if (point && d.kind !== "note") {
      pen.fillStyle = this.#token((LOOKS[d.kind] ?? PLAIN).colour);
      pen.beginPath();
      pen.arc(x, y, 6, 0, 7);
      pen.fill();
    }
    if (point) this.#hits.push({ kind: "drawing", id: d.id, x, y, r: sign ? 22 : 14 });
  }

  /** The words of a drawing below its sign; of a line beside it. */
  #name(pen, at, d) {
    if (!d.label) return;
    const [x, y] = at(middle(d.geometry));
    const point = d.geometry.type === "Point";
    const signed = d.sign && (point || this.#map.getZoom() > 11.5);
    const down = signed ? 28 : point && d.kind !== "note" ? 16 : d.geometry.type === "LineString" ? -13 : 0;
    this.#words(pen, d.label, x, y + down, d.kind === "note" ? 13 : 12, d.planned, this.selected === `drawing/${d.id}`);
  }

  /** Words, where they do not lie on others. */
  #words(pen, text, x, y, size, faint = false, always = false) {
    pen.font = `600 ${size}px ${this.#token("font")}`;
    const half = Math.min(220, pen.measureText(text).width) / 2 + 3;
    const box = [x - half, y - size * 0.7, x + half, y + size * 0.7];
    if (!always && this.#taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) return;
    this.#taken.push(box);
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    pen.globalAlpha = faint ? 0.7 : 1;
    pen.strokeStyle = this.#token("m-halo");
    pen.strokeText(text, x, y, 220);
    pen.fillStyle = this.#token("text");
    pen.fillText(text, x, y, 220);
    pen.globalAlpha = 1;
  }

  #ring(pen, x, y, r) {
    pen.strokeStyle = this.#token("accent");
    pen.lineWidth = 2.5;
    pen.beginPath();
    pen.arc(x, y, r, 0, 7);
    pen.stroke();
  }

  #image(name, make) {
    if (!this.#images.has(name)) {
      this.#images.set(name, null);
      make().then((image) => {
        this.#images.set(name, image);
        this.soon();
      }, () => {});
    }
    return this.#images.get(name);
  }

  // ── units and incidents ──

  /** Those at work here on top and whole, the others small; what stands in one place is fanned out. */
  #units(pen, at) {
    const placed = new Map();
    const units = this.data.units.filter((u) => u.lon !== null && !this.hidden.has(u.work ? "units" : "other-units"));
    units.sort((a, b) => Boolean(a.work) - Boolean(b.work));
    for (const u of units) {
      const [x, y] = at([u.lon, u.lat]);
      const cell = `${Math.round(x / 26)}/${Math.round(y / 22)}`;
      const count = placed.get(cell) ?? 0;
      placed.set(cell, count + 1);
      this.#unit(pen, u, x + count * 10, y - count * 13);
    }
  }

  #unit(pen, u, x, y) {
    const large = Boolean(u.work) || this.selected === `unit/${u.id}`;
    const [wide, high] = large ? [42, 33.6] : [28, 22.4];
    if (this.selected === `unit/${u.id}`) this.#ring(pen, x, y, 25);
    const image = this.#image(`sign/${u.sign}`, () => load(`/web/signs/${encodeURIComponent(u.sign)}?lang=${island.language}`));
    pen.globalAlpha = u.source === "station" || u.means === "out" ? 0.55 : large ? 1 : 0.85;
    if (image) pen.drawImage(image, x - wide / 2, y - high / 2, wide, high);
    pen.globalAlpha = 1;
    if (u.status) this.#digit(pen, u, x + wide / 2 - 2, y - high / 2 + 4, large ? 8 : 6.5);
    if (large) this.#words(pen, u.name, x, y + high / 2 + 7, 11);
    this.#hits.push({ kind: "unit", id: u.id, x, y, r: wide / 2 });
  }

  /** The status as a digit; free is round, bound square, so that colour does not stand alone. */
  #digit(pen, u, x, y, r) {
    pen.beginPath();
    if (u.means === "free") pen.arc(x, y, r, 0, 7);
    else if (u.means === "out") pen.roundRect(x - r, y - r * 0.7, 2 * r, 1.4 * r, 2);
    else pen.roundRect(x - r, y - r, 2 * r, 2 * r, 3);
    pen.fillStyle = this.#token("surface");
    pen.strokeStyle = this.#token(STAMPS[u.means] ?? "text-3");
    pen.lineWidth = 2;
    pen.fill();
    pen.stroke();
    pen.fillStyle = this.#token("text");
    pen.font = `700 ${r * 1.5}px ${this.#token("font")}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(u.status, x, y + 0.5);
  }

  #incident(pen, [x, y], i) {
    const colours = { marker: this.#token("m-marker"), line: this.#token("m-marker-line"), icon: this.#token("m-marker-icon"), stale: this.#token("m-stale"), halo: this.#token("m-halo"), info: this.#token("info"), minor: this.#token("minor-fill"), major: this.#token("major-fill"), critical: this.#token("critical-fill"), on: this.#token("on-status") };
    const image = this.#image(`marker/${i.severity}`, () => marker("siren", i.severity, colours, this.#size().ratio));
    if (i.this) this.#ring(pen, x, y, 24);
    pen.globalAlpha = i.this ? 1 : 0.8;
    if (image) pen.drawImage(image, x - 20, y - 20, 40, 40);
    pen.globalAlpha = 1;
    if (this.selected === `incident/${i.id}`) this.#words(pen, `${i.number} ${i.title}`, x, y + 29, 12, false, true);
    this.#hits.push({ kind: "incident", id: i.id, x, y, r: 20 });
  }

  // ── what is being drawn ──

  #sketching(pen, at, w, h) {
    const sketch = this.sketch;
    if (sketch) {
      const points = sketch.points.map(at);
      const all = !sketch.closed && sketch.pointer && points.length ? [...points, at(sketch.pointer)] : points;
      pen.strokeStyle = this.#token("accent");
      pen.lineWidth = 2.5;
      pen.setLineDash([6, 5]);
      pen.beginPath();
      all.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      if (sketch.shape === "Polygon" && all.length > 2) {
        pen.closePath();
        pen.globalAlpha = 0.15;
        pen.fillStyle = this.#token("accent");
        pen.fill();
        pen.globalAlpha = 1;
      }
      pen.stroke();
      pen.setLineDash([]);
      this.#dots(pen, points);
      pen.lineWidth = 1; // the middle of the map, where Enter sets a point
      pen.beginPath();
      pen.moveTo(w / 2 - 8, h / 2);
      pen.lineTo(w / 2 + 8, h / 2);
      pen.moveTo(w / 2, h / 2 - 8);
      pen.lineTo(w / 2, h / 2 + 8);
      pen.stroke();
    }
    if (this.handles) this.#dots(pen, this.handles.map(at));
  }

  #dots(pen, points) {
    pen.fillStyle = this.#token("surface");
    pen.strokeStyle = this.#token("accent");
    pen.lineWidth = 2;
    for (const [x, y] of points) {
      pen.beginPath();
      pen.arc(x, y, 5.5, 0, 7);
      pen.fill();
      pen.stroke();
    }
  }

  // ── what lies there ──

  /** The topmost thing at a place on the screen: {kind, id}, or null. */
  hit(x, y) {
    const pen = this.#pen;
    const { ratio } = this.#size();
    pen.save();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.lineWidth = NEAR * 2;
    let found = null;
    for (let i = this.#hits.length - 1; i >= 0 && !found; i--) {
      const item = this.#hits[i];
      const inside = item.path ? pen.isPointInStroke(item.path, x, y) || (item.closed && pen.isPointInPath(item.path, x, y, "evenodd")) : (item.x - x) ** 2 + (item.y - y) ** 2 <= item.r ** 2;
      if (inside) found = { kind: item.kind, id: item.id };
    }
    pen.restore();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return found;
  }
}

async function load(address) {
  const image = new Image();
  image.src = address.startsWith("/") ? address : base + address;
  await image.decode();
  return image;
}
