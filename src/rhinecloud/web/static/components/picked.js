// The things of the city as they are known, their alerts, and which of them are picked: by layer, words, district and state.

import { within } from "./districts.js";
import { ORDERS, Thing } from "./things.js";

export class Picked {
  things = new Map(); // by id
  kinds = [];
  alerts = new Map(); // those that are raised, by id
  off = new Set(); // names of kinds that are switched off
  states = new Set(); // none: all
  words = [];
  area = null; // a district
  bounds = null; // of the map, where only what it shows is listed
  sort = "state";
  #alarmed = new Map(); // entity → its worst alert's state

  /** Everything anew, from a snapshot of /web/things, or what differs from another moment; `layers` are the names of those
   * that are on, null as declared. */
  load(snapshot, now, layers) {
    const first = !this.things.size;
    this.kinds = snapshot.kinds;
    if (layers) this.off = new Set(this.kinds.filter((k) => !layers.has(k.name)).map((k) => k.name));
    else if (first) this.off = new Set(this.kinds.filter((k) => !k.layerOn).map((k) => k.name));
    const step = snapshot.sinceMs !== null;
    const things = step ? this.things : new Map();
    for (const id of snapshot.gone) things.delete(id);
    for (const row of snapshot.rows) things.set(row[0], this.fresh(row, now));
    if (step) for (const thing of things.values()) this.#weighed(thing).stale = thing.silent(this.kinds, now);
    this.things = things;
  }

  /** A row as a thing, weighed by its alerts. */
  fresh(row, now) {
    const thing = new Thing(row);
    thing.stale = thing.silent(this.kinds, now);
    return this.#weighed(thing);
  }

  #weighed(thing) {
    thing.state = Math.max(thing.own, this.#alarmed.get(thing.id) ?? 0);
    return thing;
  }

  /** A thing as it is now. null: it is not picked, nor was it; else whether its place in a list would be another. */
  put(thing) {
    const before = this.things.get(thing.id);
    this.things.set(thing.id, this.#weighed(thing));
    const shown = this.has(thing);
    const was = before !== undefined && this.has(before);
    if (!shown && !was) return null;
    return shown !== was || before.state !== thing.state || before.name !== thing.name;
  }

  /** The alerts that are raised; gives copies of the things that weigh otherwise now, to be put. */
  alarm(alerts) {
    this.alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    const before = this.#alarmed;
    const now = new Map();
    for (const { entity, state } of alerts) now.set(entity, Math.max(now.get(entity) ?? 0, state));
    this.#alarmed = now;
    const turned = [...new Set([...before.keys(), ...now.keys()])].filter((id) => before.get(id) !== now.get(id));
    return turned.map((id) => this.things.get(id)?.copy()).filter(Boolean);
  }

  get worstAlert() {
    let worst = 0;
    for (const { state } of this.alerts.values()) worst = Math.max(worst, state);
    return worst;
  }

  /** Whether a thing passes layers, words, district and states. */
  has(thing) {
    return (!this.states.size || this.states.has(thing.state)) && this.#matches(thing);
  }

  #matches(thing) {
    const kind = this.kinds[thing.kind];
    if (this.off.has(kind.name)) return false;
    if (this.area && !within(this.area, thing.lon, thing.lat)) return false;
    return !this.words.length || this.words.every((word) => thing.search.includes(word) || kind.label.toLowerCase().includes(word) || kind.plural.toLowerCase().includes(word));
  }

  /** All that are picked: for the map, and for the list, of which the first `most` are in order. */
  all(most) {
    const onMap = [];
    for (const thing of this.things.values()) if (this.has(thing)) onMap.push(thing);
    const listed = this.bounds ? onMap.filter((thing) => inside(thing, this.bounds)) : onMap;
    return { onMap, count: listed.length, first: first(listed, ORDERS[this.sort] ?? ORDERS.state, most) };
  }

  /** How many of each state, whichever states are picked. */
  tallies() {
    const counts = [0, 0, 0, 0, 0];
    for (const thing of this.things.values()) if (this.#matches(thing)) counts[thing.state] += 1;
    return counts;
  }

  /** How many things of each kind there are. */
  byKind() {
    const counts = this.kinds.map(() => 0);
    for (const thing of this.things.values()) counts[thing.kind] += 1;
    return counts;
  }

  get layers() {
    return this.kinds.filter((k) => !this.off.has(k.name)).map((k) => k.name);
  }

  /** Whether other layers are on than those that begin so. */
  get layersChosen() {
    return this.kinds.some((k) => this.off.has(k.name) === k.layerOn);
  }

  /** Time passes: those that are picked and fell silent, or speak again. */
  tick(now) {
    const turned = [];
    for (const thing of this.things.values()) {
      const stale = thing.silent(this.kinds, now);
      if (stale === thing.stale) continue;
      thing.stale = stale;
      if (this.has(thing)) turned.push(thing);
    }
    return turned;
  }
}

/** The first `most` in an order. Nobody sees the others: most things are compared once, with the last of the first. */
function first(things, order, most) {
  const found = things.slice(0, most).sort(order);
  for (let i = most; i < things.length; i++) {
    const thing = things[i];
    if (order(thing, found[most - 1]) >= 0) continue;
    let [low, high] = [0, most - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (order(found[middle], thing) <= 0) low = middle + 1;
      else high = middle;
    }
    found.splice(low, 0, thing);
    found.pop();
  }
  return found;
}

function inside({ lon, lat }, [west, south, east, north]) {
  return lon !== null && lon >= west && lon <= east && lat >= south && lat <= north;
}
