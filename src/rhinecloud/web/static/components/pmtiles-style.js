// A base map from a PMTiles file of the Protomaps schema, in the same quiet colours as the shipped one.

import { base } from "./dom.js";

const FONT = ["Inter", "system-ui", "sans-serif"];

/** A MapLibre style that draws from the file at `address`. */
export async function pmtilesStyle(address, maplibre) {
  await script(`${base}vendor/pmtiles.js`);
  const protocol = new globalThis.pmtiles.Protocol();
  maplibre.addProtocol("pmtiles", protocol.tile);
  const css = getComputedStyle(document.documentElement);
  const c = (name) => css.getPropertyValue(`--m-${name}`).trim();
  const kind = (...kinds) => ["in", ["get", "kind"], ["literal", kinds]];
  const width = (...stops) => ["interpolate", ["exponential", 1.6], ["zoom"], ...stops];
  const fill = (id, layer, color, filter) => ({ id, type: "fill", source: "map", "source-layer": layer, ...(filter ? { filter } : {}), paint: { "fill-color": c(color) } });
  const line = (id, layer, color, size, filter) => ({ id, type: "line", source: "map", "source-layer": layer, filter, layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": c(color), "line-width": size } });
  const label = (id, layer, color, size, filter, more = {}) => ({
    id, type: "symbol", source: "map", "source-layer": layer, filter, ...more,
    layout: { "text-field": ["coalesce", ["get", `name:${document.documentElement.lang}`], ["get", "name"]], "text-font": FONT, "text-size": size, "text-max-width": 8, ...(more.layout ?? {}) },
    paint: { "text-color": c(color), "text-halo-color": c("halo"), "text-halo-width": 1.4 },
  });
  return {
    version: 8,
    sources: { map: { type: "vector", url: `pmtiles://${new URL(address, location.href)}`, attribution: "© OpenStreetMap contributors, Protomaps" } },
    layers: [
      { id: "land", type: "background", paint: { "background-color": c("land") } },
      fill("earth", "earth", "city"),
      fill("green", "landuse", "green", kind("park", "forest", "wood", "nature_reserve", "cemetery", "grass", "meadow", "golf_course")),
      fill("industry", "landuse", "industry", kind("industrial", "railway", "airfield", "aerodrome")),
      fill("water", "water", "water"),
      fill("buildings", "buildings", "quarter"),
      line("rail", "roads", "rail", width(9, 0.6, 15, 1.8), kind("rail")),
      line("minor", "roads", "road", width(11, 0.3, 14, 1.4, 17, 7), kind("minor_road", "other", "path")),
      line("major", "roads", "road", width(9, 0.6, 12, 1.8, 16, 8), kind("major_road", "medium_road")),
      line("motorway", "roads", "motorway", width(9, 1.2, 12, 3, 16, 11), kind("highway")),
      line("border", "boundaries", "border", 0.8, ["has", "kind"]),
      label("water-name", "water", "water-label", 11, ["has", "name"], { minzoom: 12 }),
      label("road-name", "roads", "label-2", 10.5, ["has", "name"], { minzoom: 14, layout: { "symbol-placement": "line" } }),
      label("place", "places", "label", width(9, 11, 14, 15), ["has", "name"]),
    ],
  };
}

function script(address) {
  if (globalThis.pmtiles) return Promise.resolve();
  return new Promise((done, failed) => {
    const element = document.createElement("script");
    element.src = address;
    element.addEventListener("load", done);
    element.addEventListener("error", failed);
    document.head.append(element);
  });
}
