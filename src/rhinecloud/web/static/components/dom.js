// Small tools to build elements: text is always text, and nothing writes a style or script into the page.

/** An element: `h("button", {class: "row", onclick: go}, "text", child)`. */
export function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export const base = new URL("..", import.meta.url).pathname;

/** A Lucide icon; decoration beside a word. */
export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `${base}vendor/icons.svg#${name}` }));
}

/** Does something on the server, as a form of the page would; a refusal is an Error with its sentence. */
export async function act(path, values = {}) {
  const token = JSON.parse(document.getElementById("island").textContent).csrf ?? "";
  const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ _csrf_token: token, ...values }), credentials: "same-origin", redirect: "manual" });
  if (answer.ok || answer.type === "opaqueredirect") return;
  throw Object.assign(new Error(`HTTP ${answer.status}`), { status: answer.status });
}

/** JSON from our own server; a refusal is an Error with the problem's sentence. */
export async function load(path, values = {}, signal = undefined) {
  const query = new URLSearchParams(Object.entries(values).filter(([, v]) => v !== "" && v !== null && v !== undefined));
  const answer = await fetch(`${path}?${query}`, { headers: { Accept: "application/json" }, signal, credentials: "same-origin" });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  throw Object.assign(new Error(problem.detail || problem.title || `HTTP ${answer.status}`), { status: answer.status });
}
