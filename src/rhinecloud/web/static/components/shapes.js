// The five states' shapes, for lists and for the map: dot, ring, triangle, diamond, octagon. Colour never stands alone.

import { base, svg } from "./dom.js";

// On a field of 16 × 16.
const SHAPES = [
  { tag: "circle", attributes: { cx: 8, cy: 8, r: 4, fill: "currentColor" } },
  { tag: "circle", attributes: { cx: 8, cy: 8, r: 5.2, fill: "none", stroke: "currentColor", "stroke-width": 2.4 } },
  { tag: "path", attributes: { d: "M8 1.6 15 14.2H1Z", fill: "currentColor" } },
  { tag: "path", attributes: { d: "M8 .6 15.400 8 8 15.400 .6 8Z", fill: "currentColor" } },
  { tag: "path", attributes: { d: "M5.100 1h5.800L15 5.100v5.800L10.900 15H5.100L1 10.900V5.100Z", fill: "currentColor" } },
];

/** The shape of a state as an inline SVG. */
export function shape(state, label = "") {
  const { tag, attributes } = SHAPES[state];
  const said = label ? { role: "img", "aria-label": label } : { "aria-hidden": "true" };
  return svg("svg", { class: `shape s${state}`, viewBox: "0 0 16 16", ...said }, svg(tag, attributes));
}

// Markers on a field of 40 × 40, the icon 16 × 16 in the middle.
const MARKERS = [
  (c) => `<circle cx="20" cy="20" r="12.5" fill="${c.marker}" stroke="${c.line}" stroke-width="1.25"/>`,
  (c) => `<circle cx="20" cy="20" r="13" fill="${c.marker}" stroke="${c.info}" stroke-width="3"/>`,
  (c) => `<path d="M20 3.500 37 33.500H3Z" fill="${c.minor}" stroke="${c.halo}" stroke-width="2" stroke-linejoin="round"/>`,
  (c) => `<path d="M20 2.500 37.500 20 20 37.500 2.500 20Z" fill="${c.major}" stroke="${c.halo}" stroke-width="2" stroke-linejoin="round"/>`,
  (c) => `<path d="M13.500 4h13L36 13.500v13L26.500 36h-13L4 26.500v-13Z" fill="${c.critical}" stroke="${c.halo}" stroke-width="2" stroke-linejoin="round"/>`,
];
const STALE = (c) => `<circle cx="20" cy="20" r="12" fill="${c.halo}" stroke="${c.stale}" stroke-width="1.5" stroke-dasharray="3 3"/>`;

let sprite = null;

/** The drawing of an icon, from the shipped sprite. */
async function drawing(name) {
  sprite ??= fetch(`${base}vendor/icons.svg`).then(async (answer) => new DOMParser().parseFromString(await answer.text(), "image/svg+xml"));
  const symbol = (await sprite).getElementById(name) ?? (await sprite).getElementById("map-pin");
  return symbol.innerHTML;
}

/** Colours for markers, from the tokens in force. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    marker: get("m-marker"), line: get("m-marker-line"), icon: get("m-marker-icon"), stale: get("m-stale"), halo: get("m-halo"),
    info: get("info"), minor: get("minor-fill"), major: get("major-fill"), critical: get("critical-fill"), on: get("on-status"), text: get("text"), label: get("text-2"),
  };
}

/** A marker as a canvas; `ratio` is of the screen's pixels. `state` 5 is stale. */
export async function marker(iconName, state, c, ratio = 2) {
  const inner = await drawing(iconName);
  const ground = state === 5 ? STALE(c) : MARKERS[state](c);
  const ink = state === 5 ? c.stale : state >= 2 ? c.on : c.icon;
  const y = state === 2 ? 14.5 : 12;
  const size = state === 2 ? 0.58 : 0.667;
  const x = 20 - 12 * size;
  return image(`<svg xmlns="http://www.w3.org/2000/svg" width="80" height="80" viewBox="0 0 40 40">${ground}<g transform="translate(${x} ${state === 2 ? y : x}) scale(${size})" fill="none" stroke="${ink}" stroke-width="2.1" stroke-linecap="round" stroke-linejoin="round">${inner}</g></svg>`, 40 * ratio);
}

/** The ground of a cluster; the worst state inside stands at its shoulder. */
export async function cluster(state, c, ratio = 2) {
  const edge = [c.line, c.info, c.minor, c.major, c.critical][state];
  const { tag, attributes } = SHAPES[state];
  const words = Object.entries(attributes).map(([k, v]) => `${k}="${String(v).replace("currentColor", edge)}"`).join(" ");
  const mark = state ? `<g transform="translate(27 1.500)"><circle cx="8" cy="8" r="9.500" fill="${c.halo}"/><${tag} ${words}/></g>` : "";
  return image(`<svg xmlns="http://www.w3.org/2000/svg" width="88" height="88" viewBox="0 0 44 44"><circle cx="22" cy="22" r="16" fill="${c.marker}" stroke="${edge}" stroke-width="${state ? 2.25 : 1.25}"/>${mark}</svg>`, 44 * ratio);
}

async function image(text, size) {
  const made = new Image();
  made.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await made.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(size);
  canvas.height = Math.round(size);
  canvas.getContext("2d").drawImage(made, 0, 0, canvas.width, canvas.height);
  return canvas;
}
