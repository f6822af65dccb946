// The city's districts from the shipped base map: names to choose from, and whether a thing stands in one.

import { geography } from "./geography.js";

let known = null;

/** Names of the districts, the large ones first: [{name, rings, bounds}]. */
export async function districts() {
  known ??= geography().then((sources) => ["borough", "quarter"].flatMap((layer) =>
    (sources[layer]?.data.features ?? []).map((feature) => area(layer, feature)).sort((a, b) => a.name.localeCompare(b.name))));
  return known;
}

function area(layer, feature) {
  const rings = feature.geometry.type === "MultiPolygon" ? feature.geometry.coordinates.map(([ring]) => ring) : feature.geometry.coordinates;
  const all = rings.flat();
  const xs = all.map(([x]) => x);
  const ys = all.map(([, y]) => y);
  const least = (list) => list.reduce((a, b) => Math.min(a, b));
  const most = (list) => list.reduce((a, b) => Math.max(a, b));
  return { layer, name: feature.properties.name, rings, bounds: [least(xs), least(ys), most(xs), most(ys)] };
}

/** Whether (lon, lat) lies in an area; crossing number, odd is inside. */
export function within({ rings, bounds }, lon, lat) {
  if (lon === null || lon < bounds[0] || lon > bounds[2] || lat < bounds[1] || lat > bounds[3]) return false;
  let odd = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) odd = !odd;
    }
  }
  return odd;
}
