// Near things as one, level by level of the map: greedy, in the order of the things, stable while nothing moves.

const WORLD = 512; // pixels of the whole world at zoom 0
const RADIUS = 42; // pixels within which things are one

/** Web Mercator, 0 to 1. */
export function mercator(lon, lat) {
  const s = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - (0.25 * Math.log((1 + s) / (1 - s))) / Math.PI];
}

export function scaleOf(zoom) {
  return WORLD * 2 ** zoom;
}

/**
 * Groups of points at a whole zoom level.
 * @param xs, ys Float64Array, Mercator. @param wanted which points count at this level.
 * @returns array of {x, y, members}: `members` are places in xs.
 */
export function grouped(xs, ys, wanted, level) {
  const r = RADIUS / scaleOf(level);
  const cells = new Cells(xs, ys, wanted, r);
  const taken = new Uint8Array(xs.length);
  const groups = [];
  for (let i = 0; i < xs.length; i++) {
    if (taken[i] || !wanted(i)) continue;
    const members = cells.near(i, taken);
    let [sx, sy] = [0, 0];
    for (const j of members) {
      sx += xs[j];
      sy += ys[j];
    }
    groups.push({ x: sx / members.length, y: sy / members.length, members });
  }
  return groups;
}

/** Points by cells as wide as the radius, chained in typed arrays. Cells that share a chain do no harm: distance decides. */
class Cells {
  constructor(xs, ys, wanted, r) {
    const n = xs.length;
    this.mask = 2 ** Math.ceil(Math.log2(2 * n + 2)) - 1;
    this.heads = new Int32Array(this.mask + 1).fill(-1);
    this.next = new Int32Array(n);
    Object.assign(this, { xs, ys, r });
    for (let i = n - 1; i >= 0; i--) {
      if (!wanted(i)) continue;
      const at = this.chain(Math.floor(xs[i] / r), Math.floor(ys[i] / r));
      this.next[i] = this.heads[at];
      this.heads[at] = i;
    }
  }

  chain(cx, cy) {
    return (Math.imul(cx, 73_856_093) ^ Math.imul(cy, 19_349_663)) & this.mask;
  }

  /** The points around point `i` that are not taken, itself among them; they are taken then. */
  near(i, taken) {
    const { xs, ys, r, next } = this;
    const cx = Math.floor(xs[i] / r);
    const cy = Math.floor(ys[i] / r);
    const found = [];
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (let j = this.heads[this.chain(cx + dx, cy + dy)]; j >= 0; j = next[j]) {
          if (taken[j] || (xs[j] - xs[i]) ** 2 + (ys[j] - ys[i]) ** 2 > r * r) continue;
          taken[j] = 1;
          found.push(j);
        }
      }
    }
    return found;
  }
}
