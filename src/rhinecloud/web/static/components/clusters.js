// Near things as one, level by level of the map: greedy, on a grid, stable while nothing moves.

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
  const cells = new Map();
  const cell = (x, y) => Math.floor(x / r) * 67_108_864 + Math.floor(y / r);
  for (let i = 0; i < xs.length; i++) {
    if (!wanted(i)) continue;
    const key = cell(xs[i], ys[i]);
    const found = cells.get(key);
    if (found) found.push(i);
    else cells.set(key, [i]);
  }
  const taken = new Uint8Array(xs.length);
  const groups = [];
  for (const own of cells.values()) {
    for (const i of own) {
      if (taken[i]) continue;
      const members = [];
      let sx = 0;
      let sy = 0;
      for (let dx = -1; dx <= 1; dx++) {
        for (let dy = -1; dy <= 1; dy++) {
          const near = cells.get(cell(xs[i] + dx * r, ys[i] + dy * r));
          if (!near) continue;
          for (const j of near) {
            if (taken[j] || (xs[j] - xs[i]) ** 2 + (ys[j] - ys[i]) ** 2 > r * r) continue;
            taken[j] = 1;
            members.push(j);
            sx += xs[j];
            sy += ys[j];
          }
        }
      }
      groups.push({ x: sx / members.length, y: sy / members.length, members });
    }
  }
  return groups;
}
