// The things of the city, drawn over the base map on a canvas of their own: what changes is painted in a few milliseconds,
// and the base map under it is not painted again. Draws what it is given and decides nothing.

import { mercator, scaleOf } from "./clusters.js";
import { Labels } from "./labels.js";
import { Places } from "./places.js";
import { cluster, colours, marker } from "./shapes.js";
import { figure } from "./words.js";

const VALUES_FROM = 11.4;
const EDGE = 40; // pixels beyond the map's edge, from where a marker still reaches in
const PULSE_MS = 1100;
const PULSE_STEP_MS = 66;
const PULSES = 40; // more changes than that in a second are no news but a stream
const STALE = 5;

export class ThingsLayer {
  #map;
  #pen;
  #colours;
  #places = new Places({ grouped: () => this.soon() });
  #labels = new Labels();
  #sprites = new Map();
  #making = 0; // sprites that are not there yet
  #room = null;
  #drawn = []; // {x, y, r, state, thing | group}
  #pulses = new Map(); // id → since when
  #pulse = 0;
  #second = { from: 0, changes: 0, calm: true }; // how much changes; calm: a second ago it was little
  #frame = 0;
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

  set kinds(kinds) {
    this.#places.kinds = kinds;
  }

  /** The other mood. */
  recolour() {
    this.#colours = colours();
    this.#sprites = new Map();
    this.#labels.clear();
    this.soon();
  }

  /** Everything that is to be seen, in place of what was. */
  show(things) {
    this.#places.show(things);
    this.#pulses.clear();
    this.soon();
  }

  get(id) {
    return this.#places.get(id);
  }

  /** Things that have changed, some of them new. */
  change(things) {
    for (const thing of things) this.#places.put(thing);
    if (!this.calm) this.#ring(things);
    this.soon();
  }

  remove(ids) {
    for (const id of ids) this.#places.remove(id);
    this.soon();
  }

  /** The extent of a group: [west, south, east, north] in Mercator. */
  extent(group) {
    return this.#places.extent(group);
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

  /** The camera: place on the screen of a position, and what is seen in Mercator. */
  #camera() {
    const { w, h } = this.#size();
    const { lng, lat } = this.#map.getCenter();
    const [cx, cy] = mercator(lng, lat);
    const scale = scaleOf(this.#map.getZoom());
    const [dx, dy] = [(w / 2 + EDGE) / scale, (h / 2 + EDGE) / scale];
    return { at: (x, y) => [(x - cx) * scale + w / 2, (y - cy) * scale + h / 2], seen: [cx - dx, cy - dy, cx + dx, cy + dy] };
  }

  #draw() {
    const { w, h, ratio } = this.#size();
    const { at, seen } = this.#camera();
    const pen = this.#pen;
    const zoom = this.#map.getZoom();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, w, h);
    this.#drawn = this.#collect(zoom, at, seen);
    this.#pulsing();
    for (const item of this.#drawn) (item.group ? this.#drawGroup(item) : this.#drawThing(item));
    const look = { zoom, w, h, ratio, kinds: this.#places.kinds, colours: this.#colours };
    if (zoom >= VALUES_FROM && !this.#labels.draw(pen, this.#drawn, look)) this.soon();
    this.extra?.(pen, at);
    if (!this.told && this.#drawn.length && !this.#making) this.told = performance.mark("things-drawn");
  }

  /** What is to be drawn, the worst last and so on top, the selected thing above all. */
  #collect(zoom, at, seen) {
    const drawn = [];
    const single = (mx, my, thing) => {
      if (thing.id === this.selected) return;
      const [x, y] = at(mx, my);
      drawn.push({ x, y, r: 15, state: thing.state, thing });
    };
    const several = (mx, my, group, state) => {
      const [x, y] = at(mx, my);
      drawn.push({ x, y, r: 19, state, group });
    };
    this.#places.each(zoom, seen, single, several);
    drawn.sort((a, b) => a.state - b.state);
    const thing = this.#places.get(this.selected);
    if (thing) {
      const [x, y] = at(...this.#places.where(thing.id));
      drawn.push({ x, y, r: 19, state: thing.state, thing, chosen: true });
    }
    return drawn;
  }

  #sprite(name, make) {
    if (!this.#sprites.has(name)) {
      const sprites = this.#sprites;
      sprites.set(name, null);
      this.#making += 1;
      make(this.#colours, this.#size().ratio).then((image) => {
        sprites.set(name, image);
        this.#making -= 1;
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

  #font() {
    this.family ??= getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";
    return this.family;
  }

  #drawThing({ x, y, thing, chosen }) {
    const kind = this.#places.kinds[thing.kind];
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

  /** What has just changed is ringed for a second, unless so much does that rings would say nothing. */
  #ring(things) {
    const now = performance.now();
    const { from, changes } = this.#second;
    if (now - from > 1000) this.#second = { from: now, changes: 0, calm: changes <= PULSES || now - from > 2000 };
    this.#second.changes += things.length;
    if (!this.#second.calm || this.#second.changes > PULSES) return;
    for (const thing of things) this.#pulses.set(thing.id, now);
  }

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
    if (this.#pulses.size) this.#pulse ||= setTimeout(() => {
      this.#pulse = 0;
      this.soon();
    }, PULSE_STEP_MS);
  }

  /** What is drawn there: {thing} or {group}, the topmost. */
  hit(x, y) {
    for (let i = this.#drawn.length - 1; i >= 0; i--) {
      const item = this.#drawn[i];
      if ((item.x - x) ** 2 + (item.y - y) ** 2 <= (item.r + 3) ** 2) return item;
    }
    return null;
  }
}

function short(count) {
  return count < 1000 ? String(count) : `${figure(count / 1000, count < 10_000 ? 1 : 0)}k`;
}
