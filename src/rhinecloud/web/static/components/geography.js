// The shipped base map: our own compact geography as sources, and our own quiet style from the tokens.

import { base } from "./dom.js";

/** The layers of static/geo/duisburg.json as GeoJSON, by name, with the attribution of their sources. */
export async function geography() {
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

const FONT = ["Inter", "system-ui", "sans-serif"];
const zoomed = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];

/** A MapLibre style in the mood of the page. Labels use the reader's own fonts: no glyphs are fetched. */
export function style(sources, schematic) {
  const css = getComputedStyle(document.documentElement);
  const c = (name) => css.getPropertyValue(`--m-${name}`).trim();
  const fill = (id, color, more = {}) => ({ id, type: "fill", source: id, paint: { "fill-color": c(color), ...more } });
  const line = (id, color, width, more = {}, layout = {}) => ({
    id: more.id ?? id, type: "line", source: id, layout: { "line-cap": "round", "line-join": "round", ...layout },
    paint: { "line-color": c(color), "line-width": width, ...(more.paint ?? {}) }, ...(more.minzoom ? { minzoom: more.minzoom } : {}),
  });
  const label = (id, color, size, more = {}) => ({
    id, type: "symbol", source: id, minzoom: more.minzoom ?? 0, maxzoom: more.maxzoom ?? 24,
    layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": size, "text-max-width": 8, "text-padding": 6, ...(more.layout ?? {}) },
    paint: { "text-color": c(color), "text-halo-color": c("halo"), "text-halo-width": 1.4, ...(more.paint ?? {}) },
  });
  if (sources.water) sources.water.attribution = schematic;
  return {
    version: 8,
    sources,
    transition: { duration: 0 },
    layers: [
      { id: "land", type: "background", paint: { "background-color": c("land") } },
      fill("city", "city"),
      fill("industry", "industry"),
      fill("green", "green"),
      line("quarter", "quarter", 1, { minzoom: 11 }),
      line("municipality", "border", 0.75, { paint: { "line-dasharray": [4, 3], "line-opacity": 0.55 } }),
      line("borough", "border", zoomed(9, 0.8, 14, 1.6), { paint: { "line-opacity": 0.8 } }),
      fill("water", "water"), // over the borders, which run along the river's middle
      line("rail", "rail", zoomed(9, 0.6, 15, 1.8), { paint: { "line-dasharray": [5, 2] } }, { "line-cap": "butt" }),
      line("road", "road", zoomed(9, 0.6, 12, 1.6, 16, 6)),
      line("motorway", "motorway-case", zoomed(9, 2.2, 12, 4.6, 16, 15), { id: "motorway-case" }),
      line("motorway", "motorway", zoomed(9, 1.2, 12, 3, 16, 11)),
      { id: "stop", type: "circle", source: "stop", minzoom: 13.2, paint: { "circle-radius": 1.8, "circle-color": c("stop") } },
      { id: "station", type: "circle", source: "station", minzoom: 11, paint: { "circle-radius": 2.6, "circle-color": c("land"), "circle-stroke-color": c("label-2"), "circle-stroke-width": 1.2 } },
      label("stop_name", "label-2", 10.5, { minzoom: 14.6, layout: { "text-anchor": "top", "text-offset": [0, 0.5] } }),
      label("water_name", "water-label", 11, { minzoom: 11.5, layout: { "text-letter-spacing": 0.06 } }),
      label("station", "label-2", 10.5, { minzoom: 12.4, layout: { "text-anchor": "top", "text-offset": [0, 0.6] } }),
      label("quarter_name", "label-2", 11, { minzoom: 12, layout: { "text-letter-spacing": 0.02 } }),
      label("borough_name", "label", zoomed(9.5, 11, 13, 14), { maxzoom: 13.4, minzoom: 10, layout: { "text-letter-spacing": 0.06 } }),
      label("town_name", "label-2", 12, { maxzoom: 13, layout: { "text-letter-spacing": 0.04 } }),
      label("road_name", "label-2", 10, { minzoom: 13, layout: { "symbol-placement": "line", "text-padding": 30 } }),
      label("motorway_name", "label", 10, { minzoom: 10, layout: { "symbol-placement": "line", "symbol-spacing": 380, "text-keep-upright": true } }),
    ].map((layer) => ALIASES[layer.id] ? { ...layer, source: ALIASES[layer.id], id: `${layer.id}` } : layer)
      .map((layer, index, all) => all.findIndex((other) => other.id === layer.id) < index ? { ...layer, id: `${layer.id}-label` } : layer),
  };
}

const ALIASES = { stop_name: "stop", road_name: "road", motorway_name: "motorway" };

/** Names of the base map's own layers, so that a mood can be changed under the things. */
export const FIRST_BOUNDS = [6.6, 51.34, 6.86, 51.56];
