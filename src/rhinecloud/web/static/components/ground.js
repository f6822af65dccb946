// The shipped base map, painted on a canvas under the things: our geography is small, and so a browser without a graphics
// processor shows it at once, and moves it smoothly. While the map moves, the last picture is moved; then it is painted anew.

import { mercator, scaleOf } from "./clusters.js";

const UNIT = scaleOf(9); // paths are kept in pixels of this level, around the city
const MARGIN = 0.35; // of the map's size, painted beyond its edges
const WAIT_MS = 120;

/** Between levels: [level, value, level, value, …], growing as streets do. */
function zoomed(zoom, stops) {
  if (typeof stops === "number") return stops;
  if (zoom <= stops[0]) return stops[1];
  for (let i = 2; i < stops.length; i += 2) {
    if (zoom > stops[i]) continue;
    const part = (1.6 ** (zoom - stops[i - 2]) - 1) / (1.6 ** (stops[i] - stops[i - 2]) - 1);
    return stops[i - 1] + (stops[i + 1] - stops[i - 1]) * part;
  }
  return stops.at(-1);
}

// In the order of painting. Water lies over the borders, which run along the river's middle.
const SHAPES = [
  { layer: "city", fill: "city" },
  { layer: "industry", fill: "industry" },
  { layer: "green", fill: "green" },
  { layer: "quarter", line: "quarter", width: 1, from: 11 },
  { layer: "municipality", line: "border", width: 0.75, dash: [4, 3], alpha: 0.55 },
  { layer: "borough", line: "border", width: [9, 0.8, 14, 1.6], alpha: 0.8 },
  { layer: "water", fill: "water" },
  { layer: "rail", line: "rail", width: [9, 0.6, 15, 1.8], dash: [5, 2] },
  { layer: "road", line: "road", width: [9, 0.6, 12, 1.6, 16, 6] },
  { layer: "motorway", line: "motorway-case", width: [9, 2.2, 12, 4.6, 16, 15] },
  { layer: "motorway", line: "motorway", width: [9, 1.2, 12, 3, 16, 11] },
];
const DOTS = [
  { layer: "stop", from: 13.2, radius: 1.8, fill: "stop" },
  { layer: "station", from: 11, radius: 2.6, fill: "land", line: "label-2" },
];
// The first is written first; what would lie on another is left out.
const NAMES = [
  { layer: "borough_name", color: "label", size: [9.5, 11, 13, 14], from: 10, to: 13.4, space: 0.06 },
  { layer: "town_name", color: "label-2", size: 12, from: 0, to: 13, space: 0.04 },
  { layer: "motorway", color: "label", size: 10, from: 10, every: 380 },
  { layer: "quarter_name", color: "label-2", size: 11, from: 12, space: 0.02 },
  { layer: "water_name", color: "water-label", size: 11, from: 11.5, space: 0.06 },
  { layer: "station", color: "label-2", size: 10.5, from: 12.4, below: 12 },
  { layer: "road", color: "label-2", size: 10, from: 13, every: 520 },
  { layer: "stop", color: "label-2", size: 10.5, from: 14.6, below: 10 },
];

export class Ground {
  #map;
  #layers;
  #paths = new Map();
  #picture = document.createElement("canvas");
  #painted = null; // {cx, cy, zoom, w, h} of the picture
  #timer = 0;

  constructor(map, sources) {
    this.#map = map;
    this.#layers = Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, source.data.features]));
    this.canvas = document.createElement("canvas");
    this.canvas.className = "ground";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().prepend(this.canvas);
    map.on("move", () => this.#moved());
    map.on("resize", () => this.paint());
    this.#origin = mercator(6.73, 51.45);
    this.paint();
  }

  #origin;

  /** The camera: the middle in Mercator, and pixels of the whole world. */
  #camera() {
    const { lng, lat } = this.#map.getCenter();
    const [cx, cy] = mercator(lng, lat);
    const zoom = this.#map.getZoom();
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer();
    return { cx, cy, zoom, w, h, scale: scaleOf(zoom) };
  }

  #moved() {
    const now = this.#camera();
    const then = this.#painted;
    if (!then) return this.paint();
    const grown = now.scale / then.scale;
    const dx = (then.cx - now.cx) * now.scale;
    const dy = (then.cy - now.cy) * now.scale;
    const room = MARGIN * grown - (1 - grown) / 2;
    if (grown > 1.9 || grown < 0.72 || Math.abs(dx) > room * now.w || Math.abs(dy) > room * now.h) return this.paint();
    this.#put(now, grown, dx, dy);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.paint(), WAIT_MS);
  }

  #put(now, grown, dx, dy) {
    const ratio = this.#ratio();
    const { canvas } = this;
    if (canvas.width !== Math.round(now.w * ratio) || canvas.height !== Math.round(now.h * ratio)) {
      canvas.width = Math.round(now.w * ratio);
      canvas.height = Math.round(now.h * ratio);
    }
    const pen = canvas.getContext("2d");
    const w = this.#picture.width * grown;
    const h = this.#picture.height * grown;
    pen.fillStyle = this.#color("land");
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(this.#picture, canvas.width / 2 + dx * ratio - w / 2, canvas.height / 2 + dy * ratio - h / 2, w, h);
  }

  #ratio() {
    return Math.min(devicePixelRatio || 1, 2);
  }

  #color(name) {
    this.css ??= getComputedStyle(document.documentElement);
    return this.css.getPropertyValue(`--m-${name}`).trim();
  }

  /** The picture anew, somewhat larger than the map. */
  paint() {
    clearTimeout(this.#timer);
    const camera = this.#camera();
    if (!camera.w) return;
    const ratio = this.#ratio();
    const w = camera.w * (1 + 2 * MARGIN);
    const h = camera.h * (1 + 2 * MARGIN);
    this.#picture.width = Math.round(w * ratio);
    this.#picture.height = Math.round(h * ratio);
    const pen = this.#picture.getContext("2d");
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = this.#color("land");
    pen.fillRect(0, 0, w, h);
    const grown = camera.scale / UNIT;
    const [ox, oy] = this.#origin;
    const place = [ratio * grown, 0, 0, ratio * grown, ratio * (w / 2 + (ox - camera.cx) * camera.scale), ratio * (h / 2 + (oy - camera.cy) * camera.scale)];
    const at = ([lon, lat]) => {
      const [x, y] = mercator(lon, lat);
      return [(x - camera.cx) * camera.scale + w / 2, (y - camera.cy) * camera.scale + h / 2];
    };
    for (const shape of SHAPES) if (camera.zoom >= (shape.from ?? 0)) this.#shape(pen, shape, camera.zoom, grown, place);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const dots of DOTS) if (camera.zoom >= dots.from) this.#dots(pen, dots, at, w, h);
    this.#names(pen, camera.zoom, at, w, h);
    this.#painted = camera;
    this.#put(camera, 1, 0, 0);
  }

  #shape(pen, { layer, fill, line, width, dash = [], alpha = 1 }, zoom, grown, place) {
    const path = this.#path(layer);
    pen.setTransform(...place);
    pen.globalAlpha = alpha;
    if (fill) {
      pen.fillStyle = this.#color(fill);
      pen.fill(path);
    } else {
      const wide = zoomed(zoom, width);
      pen.lineWidth = wide / grown;
      pen.setLineDash(dash.map((part) => (part * wide) / grown));
      pen.lineCap = dash.length ? "butt" : "round";
      pen.lineJoin = "round";
      pen.strokeStyle = this.#color(line);
      pen.stroke(path);
      pen.setLineDash([]);
    }
    pen.globalAlpha = 1;
  }

  #path(layer) {
    if (!this.#paths.has(layer)) {
      const path = new Path2D();
      const [ox, oy] = this.#origin;
      for (const { geometry } of this.#layers[layer] ?? []) {
        const closed = geometry.type === "MultiPolygon";
        for (const part of geometry.coordinates) {
          (closed ? part[0] : part).forEach(([lon, lat], i) => {
            const [x, y] = mercator(lon, lat);
            if (i) path.lineTo((x - ox) * UNIT, (y - oy) * UNIT);
            else path.moveTo((x - ox) * UNIT, (y - oy) * UNIT);
          });
          if (closed) path.closePath();
        }
      }
      this.#paths.set(layer, path);
    }
    return this.#paths.get(layer);
  }

  #dots(pen, { layer, radius, fill, line }, at, w, h) {
    pen.fillStyle = this.#color(fill);
    pen.lineWidth = 1.2;
    for (const { geometry } of this.#layers[layer] ?? []) {
      const [x, y] = at(geometry.coordinates);
      if (x < 0 || y < 0 || x > w || y > h) continue;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 7);
      pen.fill();
      if (!line) continue;
      pen.strokeStyle = this.#color(line);
      pen.stroke();
    }
  }

  #names(pen, zoom, at, w, h) {
    const taken = [];
    const free = (box) => box[0] > 0 && box[1] > 0 && box[2] < w && box[3] < h && !taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]);
    const font = this.css.getPropertyValue("--font");
    pen.lineJoin = "round";
    pen.lineWidth = 2.8;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.strokeStyle = this.#color("halo");
    for (const names of NAMES) {
      if (zoom < names.from || zoom > (names.to ?? 24)) continue;
      const size = zoomed(zoom, names.size);
      pen.font = `${size}px ${font}`;
      pen.letterSpacing = `${(names.space ?? 0) * size}px`;
      pen.fillStyle = this.#color(names.color);
      for (const { properties, geometry } of this.#layers[names.layer] ?? []) {
        if (!properties.name) continue;
        if (names.every) this.#along(pen, properties.name, geometry, names.every, at, free, taken, w, h);
        else this.#beside(pen, properties.name, at(geometry.coordinates), names.below ?? 0, size, free, taken);
      }
    }
    pen.letterSpacing = "0px";
  }

  #beside(pen, name, [x, y], below, size, free, taken) {
    const lines = broken(name);
    const wide = Math.max(...lines.map((line) => pen.measureText(line).width)) / 2 + 6;
    const high = (lines.length * size * 1.2) / 2 + 4;
    const box = [x - wide, y + below - high, x + wide, y + below + high];
    if (!free(box)) return;
    taken.push(box);
    lines.forEach((line, i) => {
      const top = y + below + (i - (lines.length - 1) / 2) * size * 1.2;
      pen.strokeText(line, x, top);
      pen.fillText(line, x, top);
    });
  }

  /** A name along its road, where that is straight enough. */
  #along(pen, name, geometry, every, at, free, taken, w, h) {
    const long = pen.measureText(name).width + 8;
    for (const part of geometry.coordinates) {
      let walked = every / 2;
      let [px, py] = at(part[0]);
      for (let i = 1; i < part.length; i++) {
        const [x, y] = at(part[i]);
        const length = Math.hypot(x - px, y - py);
        walked += length;
        const [mx, my] = [(x + px) / 2, (y + py) / 2];
        if (walked >= every && length > long * 0.6 && mx > 0 && my > 0 && mx < w && my < h) {
          const half = long / 2;
          let angle = Math.atan2(y - py, x - px);
          if (Math.abs(angle) > Math.PI / 2) angle += Math.PI;
          const [dx, dy] = [Math.abs(Math.cos(angle)) * half + 4, Math.abs(Math.sin(angle)) * half + 7];
          const box = [mx - dx, my - dy, mx + dx, my + dy];
          if (free(box)) {
            taken.push(box);
            pen.save();
            pen.translate(mx, my);
            pen.rotate(angle);
            pen.strokeText(name, 0, 0);
            pen.fillText(name, 0, 0);
            pen.restore();
            walked = 0;
          }
        }
        [px, py] = [x, y];
      }
    }
  }
}

/** A long name in two lines. */
function broken(name) {
  if (name.length < 15) return [name];
  const middle = name.length / 2;
  const cuts = [...name.matchAll(/[ /-]/g)].map((match) => match.index + (match[0] === " " ? 0 : 1));
  if (!cuts.length) return [name];
  const cut = cuts.reduce((best, one) => (Math.abs(one - middle) < Math.abs(best - middle) ? one : best));
  return [name.slice(0, cut).trim(), name.slice(cut).trim()];
}
