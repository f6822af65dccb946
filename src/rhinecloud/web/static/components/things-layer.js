// The things of the city, drawn over the base map on a canvas of their own: what changes is painted in a few milliseconds,
// and the base map under it is not painted again. Draws what it is given and decides nothing.

import { grouped, mercator, scaleOf } from "./clusters.js";
import { cluster, colours, marker } from "./shapes.js";
import { figure } from "./words.js";

export const CLUSTER_UNTIL = 13;
const VALUES_FROM = 11.4;
const NAMES_FROM = 13;
const LABELS = 260; // at most
const HALO = 3;
const PULSE_MS = 1100;
const PULSES = 40; // more changes than that at once are no news but a stream
const STALE = 5;

export class ThingsLayer {
  #map;
  #pen;
  #kinds = [];
  #things = []; // as they are shown; by place
  #places = new Map(); // id → place
  #xs = new Float64Array(0);
  #ys = new Float64Array(0);
  #levels = new Map(); // zoom level → groups
  #sprites = new Map();
  #written = new Map(); // labels as pictures
  #room = null;
  #drawn = []; // {x, y, r, thing | group}
  #pulses = new Map();
  #frame = 0;
  #regroup = 0;
  selected = null;
  extra = null; // draws over the things: (pen, project) => void

  constructor(map) {
    this.#map = map;
    this.canvas = document.createElement("canvas");
    this.canvas.className = "things-layer";
    this.canvas.setAttribute("aria-hidden", "true");
    map.getCanvasContainer().append(this.canvas);
    this.#pen = this.canvas.getContext("2d");
    this.#colours = colours();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    map.on("render", () => this.#draw());
    map.on("resize", () => {
      this.#room = null;
      this.soon();
    });
  }

  #colours;

  set kinds(kinds) {
    this.#kinds = kinds;
  }

  /** The other mood. */
  recolour() {
    this.#colours = colours();
    this.#sprites.clear();
    this.#written.clear();
    this.soon();
  }

  /** Everything that is to be seen, in place of what was. */
  show(things) {
    this.#things = things.filter((thing) => thing.lon !== null);
    this.#places = new Map(this.#things.map((thing, place) => [thing.id, place]));
    this.#xs = new Float64Array(this.#things.length);
    this.#ys = new Float64Array(this.#things.length);
    this.#things.forEach((thing, place) => this.#locate(place, thing));
    this.#pulses.clear();
    this.#levels.clear();
    this.soon();
  }

  get size() {
    return this.#things.length;
  }

  get(id) {
    return this.#things[this.#places.get(id)] ?? null;
  }

  /** Things that have changed, some of them new. */
  change(things) {
    const pulse = !this.calm && things.length <= PULSES;
    const now = performance.now();
    for (const thing of things) {
      if (thing.lon === null) {
        this.remove([thing.id]);
        continue;
      }
      const place = this.#places.get(thing.id);
      if (place === undefined) this.#add(thing);
      else {
        const before = this.#things[place];
        this.#things[place] = thing;
        if (before.lon !== thing.lon || before.lat !== thing.lat) {
          this.#locate(place, thing);
          this.#regrouped();
        }
      }
      if (pulse) this.#pulses.set(thing.id, now);
    }
    this.soon();
  }

  remove(ids) {
    for (const id of ids) {
      const place = this.#places.get(id);
      if (place === undefined) continue;
      const last = this.#things.length - 1;
      this.#places.delete(id);
      if (place !== last) {
        this.#things[place] = this.#things[last];
        this.#xs[place] = this.#xs[last];
        this.#ys[place] = this.#ys[last];
        this.#places.set(this.#things[place].id, place);
      }
      this.#things.pop();
      this.#levels.clear();
    }
    this.soon();
  }

  #add(thing) {
    const place = this.#things.push(thing) - 1;
    this.#places.set(thing.id, place);
    if (place >= this.#xs.length) {
      const room = Math.max(64, place * 2);
      this.#xs = grown(this.#xs, room);
      this.#ys = grown(this.#ys, room);
    }
    this.#locate(place, thing);
    this.#regrouped();
  }

  #locate(place, thing) {
    [this.#xs[place], this.#ys[place]] = mercator(thing.lon, thing.lat);
  }

  /** Groups are found anew, but not more often than four times a second. */
  #regrouped() {
    this.#regroup ||= setTimeout(() => {
      this.#regroup = 0;
      this.#levels.clear();
      this.soon();
    }, this.#levels.size ? 250 : 0);
  }

  /** Drawn before the next picture, however often it is asked for. */
  soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  }

  /** Of the map, in pixels; asked of the page only when it may be another, since asking makes the page lay itself out. */
  #size() {
    if (this.#room) return this.#room;
    const { clientWidth: w, clientHeight: h } = this.#map.getContainer();
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
      this.canvas.width = Math.round(w * ratio);
      this.canvas.height = Math.round(h * ratio);
    }
    this.#room = w ? { w, h, ratio } : null;
    return { w, h, ratio };
  }

  #groups(zoom) {
    const level = Math.floor(zoom);
    if (!this.#levels.has(level)) {
      const n = this.#things.length;
      const kinds = this.#kinds;
      const wanted = (i) => kinds[this.#things[i].kind].minZoom <= level + 1 || this.#things[i].state >= 2;
      const xs = this.#xs.subarray(0, n);
      const ys = this.#ys.subarray(0, n);
      this.#levels.set(level, zoom >= CLUSTER_UNTIL ? singles(xs, ys, wanted) : grouped(xs, ys, wanted, level));
    }
    return this.#levels.get(level);
  }

  /** Place on the screen of a position. */
  projector() {
    const { w, h } = this.#size();
    const { lng, lat } = this.#map.getCenter();
    const [cx, cy] = mercator(lng, lat);
    const scale = scaleOf(this.#map.getZoom());
    return { w, h, at: (x, y) => [(x - cx) * scale + w / 2, (y - cy) * scale + h / 2] };
  }

  #draw() {
    const { w, h, ratio } = this.#size();
    const { at } = this.projector();
    const pen = this.#pen;
    const zoom = this.#map.getZoom();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    const chosen = this.#places.get(this.selected);
    this.#drawn = [];
    for (const group of this.#groups(zoom)) {
      const [x, y] = at(group.x, group.y);
      if (x < -40 || y < -40 || x > w + 40 || y > h + 40) continue;
      if (group.members.length === 1) {
        const place = group.members[0];
        if (place !== chosen) this.#drawn.push({ x, y, r: 15, state: this.#things[place].state, thing: this.#things[place] });
      } else this.#drawn.push({ x, y, r: 19, state: this.#worst(group), group });
    }
    this.#drawn.sort((a, b) => a.state - b.state);
    if (chosen !== undefined) {
      const [x, y] = at(this.#xs[chosen], this.#ys[chosen]);
      const thing = this.#things[chosen];
      this.#drawn.push({ x, y, r: 19, state: thing.state, thing, chosen: true });
    }
    this.#pulsing();
    for (const item of this.#drawn) (item.group ? this.#drawGroup(item) : this.#drawThing(item));
    if (zoom >= VALUES_FROM) this.#labels(zoom, w, h);
    this.extra?.(pen, at);
    if (!this.told && this.#drawn.length) this.told = performance.mark("things-drawn");
  }

  #worst(group) {
    let worst = 0;
    for (const place of group.members) if (this.#things[place].state > worst) worst = this.#things[place].state;
    return worst;
  }

  #sprite(name, make) {
    if (!this.#sprites.has(name)) {
      this.#sprites.set(name, null);
      make(this.#colours, this.#size().ratio).then((image) => {
        this.#sprites.set(name, image);
        this.soon();
      });
    }
    return this.#sprites.get(name);
  }

  #drawGroup({ x, y, state, group }) {
    const image = this.#sprite(`group/${state}`, (c, ratio) => cluster(state, c, ratio));
    const pen = this.#pen;
    if (image) pen.drawImage(image, x - 22, y - 22, 44, 44);
    pen.font = `600 12.5px ${this.#font()}`;
    pen.fillStyle = this.#colours.text;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(short(group.members.length), x, y + 0.5);
  }

  #drawThing({ x, y, thing, chosen }) {
    const kind = this.#kinds[thing.kind];
    const look = thing.stale && thing.state < 2 ? STALE : thing.state;
    const image = this.#sprite(`${kind.icon}/${look}`, (c, ratio) => marker(kind.icon, look, c, ratio));
    const pen = this.#pen;
    if (chosen) {
      pen.beginPath();
      pen.arc(x, y, 19.5, 0, 7);
      pen.strokeStyle = this.#colours.info;
      pen.lineWidth = 2.5;
      pen.stroke();
    }
    if (image) pen.drawImage(image, x - 20, y - 20, 40, 40);
  }

  /** What has just changed is ringed for a second. */
  #pulsing() {
    if (!this.#pulses.size) return;
    const now = performance.now();
    const pen = this.#pen;
    pen.strokeStyle = this.#colours.info;
    pen.lineWidth = 2;
    for (const { x, y, thing } of this.#drawn) {
      const since = thing && this.#pulses.get(thing.id);
      if (!since) continue;
      const part = (now - since) / PULSE_MS;
      if (part >= 1) continue;
      pen.globalAlpha = 0.75 * (1 - part);
      pen.beginPath();
      pen.arc(x, y, 13 + 10 * part, 0, 7);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    for (const [id, since] of this.#pulses) if (now - since >= PULSE_MS) this.#pulses.delete(id);
    if (this.#pulses.size) setTimeout(() => this.soon(), 66);
  }

  #font() {
    this.family ??= getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";
    return this.family;
  }

  /** Values beside the things, and their names further in; a label that would cover something is left out. */
  #labels(zoom, w, h) {
    const pen = this.#pen;
    const taken = new Boxes();
    for (const { x, y, r } of this.#drawn) taken.put(x - r + 3, y - r + 3, x + r - 3, y + r - 3);
    let count = 0;
    for (let i = this.#drawn.length - 1; i >= 0 && count < LABELS; i--) {
      const { x, y, thing, chosen } = this.#drawn[i];
      if (!thing || x < 0 || y < 0 || x > w || y > h) continue;
      const lines = [this.#value(thing)].filter(Boolean);
      if (zoom >= NAMES_FROM || chosen) lines.push(thing.name.length > 30 ? `${thing.name.slice(0, 29)}…` : thing.name);
      if (!lines.length) continue;
      const label = this.#write(lines);
      const { width, half } = label;
      const sides = chosen ? [x + 23, x - 23 - width] : [x + 18, x - 18 - width];
      const left = sides.find((side) => taken.free(side, y - half, side + width, y + half)) ?? (chosen ? sides[0] : null);
      if (left === null) continue;
      taken.put(left, y - half, left + width, y + half);
      count += 1;
      const { ratio } = this.#size();
      pen.drawImage(label.canvas, left - HALO, y - half - HALO, label.canvas.width / ratio, label.canvas.height / ratio);
    }
  }

  #value(thing) {
    const kind = this.#kinds[thing.kind];
    return thing.number === null ? thing.text.slice(0, 24) : figure(thing.number, kind.decimals) + (kind.unit ? ` ${kind.unit}` : "");
  }

  /** A label as a picture: text with a halo is slow to draw, and most labels are the same from one picture to the next. */
  #write(lines) {
    const key = lines.join("\n");
    let label = this.#written.get(key);
    if (label) return label;
    const { ratio } = this.#size();
    const font = (at) => `${at === 0 ? 600 : 400} 12px ${this.#font()}`;
    const measured = lines.map((line, at) => {
      this.#pen.font = font(at);
      return this.#pen.measureText(line).width;
    });
    const width = Math.ceil(Math.max(...measured));
    const half = lines.length * 7.5;
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil((width + 2 * HALO) * ratio);
    canvas.height = Math.ceil((2 * half + 2 * HALO) * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    Object.assign(pen, { textBaseline: "middle", lineJoin: "round", lineWidth: 3.2, strokeStyle: this.#colours.halo });
    lines.forEach((line, at) => {
      pen.font = font(at);
      pen.fillStyle = at === 0 ? this.#colours.text : this.#colours.label;
      pen.strokeText(line, HALO, HALO + 7.5 + at * 15);
      pen.fillText(line, HALO, HALO + 7.5 + at * 15);
    });
    label = { canvas, width, half };
    if (this.#written.size > 800) this.#written.clear();
    this.#written.set(key, label);
    return label;
  }

  /** What is drawn there: {thing} or {group}, the topmost. */
  hit(x, y) {
    for (let i = this.#drawn.length - 1; i >= 0; i--) {
      const item = this.#drawn[i];
      if ((item.x - x) ** 2 + (item.y - y) ** 2 <= (item.r + 3) ** 2) return item;
    }
    return null;
  }

  /** The extent of a group: [west, south, east, north] in Mercator. */
  extent(group) {
    let [x0, y0, x1, y1] = [1, 1, 0, 0];
    for (const place of group.members) {
      x0 = Math.min(x0, this.#xs[place]);
      x1 = Math.max(x1, this.#xs[place]);
      y0 = Math.min(y0, this.#ys[place]);
      y1 = Math.max(y1, this.#ys[place]);
    }
    return [x0, y0, x1, y1];
  }
}

/** Places on the screen that are taken, found by cells of 64 pixels. */
class Boxes {
  #cells = new Map();

  #each(left, top, right, bottom, act) {
    for (let cx = left >> 6; cx <= right >> 6; cx++) for (let cy = top >> 6; cy <= bottom >> 6; cy++) if (act(cx * 4096 + cy)) return true;
    return false;
  }

  put(left, top, right, bottom) {
    const box = [left, top, right, bottom];
    this.#each(left, top, right, bottom, (key) => {
      const found = this.#cells.get(key);
      if (found) found.push(box);
      else this.#cells.set(key, [box]);
    });
  }

  free(left, top, right, bottom) {
    const meets = ([l, t, r, b]) => l < right && r > left && t < bottom && b > top;
    return !this.#each(left, top, right, bottom, (key) => this.#cells.get(key)?.some(meets));
  }
}

function singles(xs, ys, wanted) {
  const found = [];
  for (let i = 0; i < xs.length; i++) if (wanted(i)) found.push({ x: xs[i], y: ys[i], members: [i] });
  return found;
}

function grown(array, room) {
  const made = new Float64Array(room);
  made.set(array);
  return made;
}

function short(count) {
  return count < 1000 ? String(count) : `${figure(count / 1000, count < 10_000 ? 1 : 0)}k`;
}
