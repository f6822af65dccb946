// One thing as the islands keep it, made of a row of /web/things, /web/live or /web/moves.

import { figure, island } from "./words.js";

const SILENT_AFTER = 3; // intervals without news make a thing stale
const keys = new Map(); // name → what it is sorted by

/** Names in the order of people: case and accents do not count, 2 comes before 10. */
function key(name) {
  let found = keys.get(name);
  if (found === undefined) {
    found = name.toLowerCase();
    if (/[^ -~]/.test(found)) found = found.normalize("NFD").replace(/[\u0300-\u036f]/g, "");
    found = found.replace(/\d+/g, (digits) => digits.padStart(8, "0"));
    if (keys.size > 100_000) keys.clear();
    keys.set(name, found);
  }
  return found;
}

export class Thing {
  constructor([id, kind, name, lon, lat, state, number, text, ms, flags]) {
    this.id = id;
    this.kind = kind;
    this.name = name;
    this.lon = lon;
    this.lat = lat;
    this.own = state; // after its own thresholds
    this.state = state; // or its worst alert's
    this.number = number;
    this.text = text;
    this.ms = ms;
    this.flags = flags;
    this.stale = false;
    this.told = null;
  }

  get search() {
    this.told ??= `${this.name} ${this.id}`.toLowerCase();
    return this.told;
  }

  get key() {
    return key(this.name);
  }

  copy() {
    const made = new Thing([this.id, this.kind, this.name, this.lon, this.lat, this.own, this.number, this.text, this.ms, this.flags]);
    made.stale = this.stale;
    made.told = this.told;
    return made;
  }

  /** As another moment has it: a move of /web/moves. */
  moved([, , figure, state, place]) {
    const made = this.copy();
    if (figure) [made.number, made.text, made.ms, made.flags] = figure;
    if (state !== null) made.state = made.own = state;
    if (place) [made.lon, made.lat] = place;
    return made;
  }

  /** Its main figure without the unit; a word of its kind as people read it. */
  said(kind) {
    return this.number === null ? (kind.words[this.text] ?? this.text) : figure(this.number, kind.decimals);
  }

  /** Whether nothing was heard of it for too long, at the moment that is shown. */
  silent(kinds, now) {
    const every = kinds[this.kind]?.intervalS;
    return Boolean(every) && this.ms !== null && now - this.ms > SILENT_AFTER * every * 1000;
  }
}

const byName = (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

export const ORDERS = {
  state: (a, b) => b.state - a.state || byName(a, b),
  name: byName,
  new: (a, b) => (b.ms ?? 0) - (a.ms ?? 0) || byName(a, b),
  kind: (a, b) => a.kind - b.kind || byName(a, b),
};

export function words(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

/** The moment that is shown, in ms: of the past, or now. */
export function shownMs() {
  return island.at ? Date.parse(island.at) : Date.now();
}
