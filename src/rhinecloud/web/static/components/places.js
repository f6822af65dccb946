// Where the things of the map stand: positions as columns, and at each zoom level what stands alone and what is one group.

import { grouped, mercator } from "./clusters.js";

export const CLUSTER_UNTIL = 13;
const CROWD = 5_000; // more things than that would lie upon each other there,
const CROWD_UNTIL = 15; // and stand alone only further in
const REGROUP_MS = 250;
const ALARMING = 2; // from this state on, a thing is shown on every level

export class Places {
  kinds = [];
  #things = []; // by place
  #index = new Map(); // id → place
  #xs = new Float64Array(0);
  #ys = new Float64Array(0);
  #levels = new Map(); // zoom level → groups
  #regroup = 0;

  /** `on.grouped` is called when groups are to be found anew, which happens a while after something moved. */
  constructor(on) {
    this.on = on;
  }

  /** Everything, in place of what was. */
  show(things) {
    const there = things.filter((thing) => thing.lon !== null);
    if (this.#stands(there)) return;
    this.#things = there;
    this.#index = new Map();
    this.#xs = new Float64Array(there.length);
    this.#ys = new Float64Array(there.length);
    for (let place = 0; place < there.length; place++) {
      this.#index.set(there[place].id, place);
      this.#locate(place, there[place]);
    }
    this.#levels.clear();
  }

  /** Takes things over that stand where they stood, as from one moment of the past to another; false: they do not. */
  #stands(there) {
    if (there.length !== this.#things.length) return false;
    const taken = new Array(there.length);
    for (const thing of there) {
      const place = this.#index.get(thing.id);
      const before = this.#things[place];
      if (!before || before.lon !== thing.lon || before.lat !== thing.lat || this.#turns(before, thing)) return false;
      taken[place] = thing;
    }
    this.#things = taken;
    return true;
  }

  /** Whether another level shows it now, since its state is another. */
  #turns(before, thing) {
    return before.kind !== thing.kind || (before.state >= ALARMING !== thing.state >= ALARMING && this.kinds[thing.kind].minZoom > 0);
  }

  get(id) {
    return this.#things[this.#index.get(id)] ?? null;
  }

  /** A thing as it is now, whether it was there or not. */
  put(thing) {
    if (thing.lon === null) return this.remove(thing.id);
    const place = this.#index.get(thing.id);
    if (place === undefined) return this.#add(thing);
    const before = this.#things[place];
    this.#things[place] = thing;
    if (before.lon !== thing.lon || before.lat !== thing.lat) {
      this.#locate(place, thing);
      this.#moved();
    } else if (this.#turns(before, thing)) this.#moved();
  }

  remove(id) {
    const place = this.#index.get(id);
    if (place === undefined) return;
    const last = this.#things.pop();
    this.#index.delete(id);
    if (last.id !== id) {
      this.#things[place] = last;
      this.#xs[place] = this.#xs[this.#things.length];
      this.#ys[place] = this.#ys[this.#things.length];
      this.#index.set(last.id, place);
    }
    this.#levels.clear();
  }

  #add(thing) {
    const place = this.#things.push(thing) - 1;
    this.#index.set(thing.id, place);
    if (place >= this.#xs.length) {
      this.#xs = grown(this.#xs, Math.max(64, place * 2));
      this.#ys = grown(this.#ys, Math.max(64, place * 2));
    }
    this.#locate(place, thing);
    this.#moved();
  }

  #locate(place, { lon, lat }) {
    [this.#xs[place], this.#ys[place]] = mercator(lon, lat);
  }

  /** Groups are found anew, but not more often than four times a second. */
  #moved() {
    this.#regroup ||= setTimeout(() => {
      this.#regroup = 0;
      this.#levels.clear();
      this.on.grouped();
    }, this.#levels.size ? REGROUP_MS : 0);
  }

  /** What is seen in [x0, y0, x1, y1] at a zoom, one after the other: single(x, y, thing) or group(x, y, group, worst). */
  each(zoom, [x0, y0, x1, y1], single, group) {
    const [xs, ys, things] = [this.#xs, this.#ys, this.#things];
    if (zoom >= (things.length > CROWD ? CROWD_UNTIL : CLUSTER_UNTIL)) {
      const wanted = this.#wanted(Math.floor(zoom));
      for (let i = 0; i < things.length; i++) {
        if (xs[i] > x0 && xs[i] < x1 && ys[i] > y0 && ys[i] < y1 && wanted(i)) single(xs[i], ys[i], things[i]);
      }
      return;
    }
    for (const one of this.#groups(Math.floor(zoom))) {
      if (one.x < x0 || one.x > x1 || one.y < y0 || one.y > y1) continue;
      if (one.members.length === 1) single(one.x, one.y, things[one.members[0]]);
      else group(one.x, one.y, one, this.#worst(one));
    }
  }

  /** Mercator position of a thing; null where it is not on the map. */
  where(id) {
    const place = this.#index.get(id);
    return place === undefined ? null : [this.#xs[place], this.#ys[place]];
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

  #wanted(level) {
    const [kinds, things] = [this.kinds, this.#things];
    return (i) => kinds[things[i].kind].minZoom <= level + 1 || things[i].state >= ALARMING;
  }

  #groups(level) {
    if (!this.#levels.has(level)) {
      const n = this.#things.length;
      this.#levels.set(level, grouped(this.#xs.subarray(0, n), this.#ys.subarray(0, n), this.#wanted(level), level));
    }
    return this.#levels.get(level);
  }

  #worst(group) {
    let worst = 0;
    for (const place of group.members) if (this.#things[place].state > worst) worst = this.#things[place].state;
    return worst;
  }
}

function grown(array, room) {
  const made = new Float64Array(room);
  made.set(array);
  return made;
}
