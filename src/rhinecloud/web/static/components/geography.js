// The shipped base map: our own compact geography, undone to GeoJSON.

import { base } from "./dom.js";

let known = null;

/** The layers of static/geo/duisburg.json as GeoJSON, by name, with the attribution of their sources; read once. */
export function geography() {
  known ??= read();
  return known;
}

async function read() {
  const answer = await fetch(`${base}geo/duisburg.json`);
  const document = await answer.json();
  const sources = {};
  for (const [name, layer] of Object.entries(document.layers)) {
    sources[name] = {
      type: "geojson",
      attribution: layer.source === "schematic" ? "" : document.attribution[layer.source],
      data: { type: "FeatureCollection", features: layer.features.map((f) => feature(f, layer.kind, document.scale)) },
    };
  }
  return sources;
}

function feature({ n, c }, kind, scale) {
  const parts = kind === "point" ? c.map(([x, y]) => [x / scale, y / scale]) : c.map((flat) => undone(flat, scale));
  const geometry =
    kind === "point" ? { type: "Point", coordinates: parts[0] }
    : kind === "line" ? { type: "MultiLineString", coordinates: parts }
    : { type: "MultiPolygon", coordinates: parts.map((ring) => [ring]) };
  return { type: "Feature", properties: { name: n }, geometry };
}

/** Differences back to positions. */
function undone(flat, scale) {
  const points = [];
  let x = 0;
  let y = 0;
  for (let i = 0; i < flat.length; i += 2) {
    x += flat[i];
    y += flat[i + 1];
    points.push([x / scale, y / scale]);
  }
  return points;
}

/** Whose the geography is, for the corner of the map. */
export function sourcesOf(sources, schematic) {
  return [...new Set(Object.values(sources).map((source) => source.attribution).filter(Boolean)), schematic];
}

/** The extent that the map begins with: [west, south, east, north]. */
export const FIRST_BOUNDS = [6.6, 51.34, 6.86, 51.56];
