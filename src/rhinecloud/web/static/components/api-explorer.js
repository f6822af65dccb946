// <api-explorer>: the operations of /openapi.json, each with its parameters as a form, to be tried at once.

import { h, icon } from "./dom.js";
import { figure, n, t } from "./words.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const MOST = 100_000; // characters of an answer that are shown

class ApiExplorer extends HTMLElement {
  #document = null;
  #token = "";

  async connectedCallback() {
    try {
      const answer = await fetch("/openapi.json");
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      this.#document = await answer.json();
    } catch (error) {
      this.replaceChildren(h("p", { class: "notice major", role: "alert" }, icon("triangle-alert"), t("The OpenAPI document cannot be loaded: {reason}", { reason: error.message })));
      return;
    }
    this.place = h("section", { class: "panel-box", "aria-live": "polite" });
    this.list = h("div", {});
    const find = h("input", { type: "search", placeholder: t("Find an operation"), "aria-label": t("Find an operation"), oninput: (event) => this.#draw(event.target.value.toLowerCase()) });
    this.replaceChildren(h("nav", { class: "panel-box operations", "aria-label": t("Operations") }, h("div", { class: "find" }, find), this.list), this.place);
    this.#draw("");
    const wanted = decodeURIComponent(location.hash.slice(1));
    const first = this.#operations().find((o) => `${o.method} ${o.path}` === wanted) ?? this.#operations().find((o) => o.path.endsWith("/entities") && o.method === "get") ?? this.#operations()[0];
    if (first) this.#show(first);
  }

  #operations() {
    return Object.entries(this.#document.paths ?? {}).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method]).map((method) => ({ path, method, shared: item.parameters ?? [], ...item[method] })));
  }

  #draw(words) {
    const groups = new Map();
    for (const operation of this.#operations()) {
      if (words && !`${operation.method} ${operation.path} ${operation.summary ?? ""}`.toLowerCase().includes(words)) continue;
      const tag = operation.tags?.[0] ?? t("Other");
      groups.set(tag, [...(groups.get(tag) ?? []), operation]);
    }
    const button = (o) => h("button", { type: "button", "aria-pressed": String(o.path === this.shown?.path && o.method === this.shown?.method), title: o.summary, onclick: () => this.#show(o) }, h("span", { class: `method ${o.method}` }, o.method), h("span", { class: "path" }, o.path));
    this.list.replaceChildren(...[...groups].flatMap(([tag, operations]) => [h("h3", {}, tag), ...operations.map(button)]));
    if (!groups.size) this.list.replaceChildren(h("div", { class: "empty" }, t("Nothing matches")));
  }

  #resolve(thing) {
    if (!thing?.$ref) return thing ?? {};
    return this.#resolve(thing.$ref.slice(2).split("/").reduce((at, key) => at?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], this.#document));
  }

  #show(operation) {
    this.shown = operation;
    history.replaceState(null, "", `#${encodeURIComponent(`${operation.method} ${operation.path}`)}`);
    this.#draw(this.querySelector("input[type=search]").value.toLowerCase());
    const parameters = [...operation.shared, ...(operation.parameters ?? [])].map((p) => this.#resolve(p)).filter((p) => p.in !== "cookie");
    const fields = parameters.map((p, at) => {
      const schema = this.#resolve(p.schema);
      const input = schema.enum
        ? h("select", { id: `p${at}`, name: p.name }, p.required ? null : h("option", { value: "" }, "–"), schema.enum.map((v) => h("option", { value: v }, v)))
        : h("input", { id: `p${at}`, name: p.name, placeholder: example(p, schema), autocomplete: "off", spellcheck: "false" });
      if (p.required && p.example) input.value = p.example;
      if (p.name === "NGSILD-Tenant" && this.dataset.tenant) input.value = this.dataset.tenant;
      return h("div", { class: "field" }, h("label", { for: `p${at}` }, p.name, p.required ? " *" : ""), input, p.description ? h("span", { class: "hint" }, short(p.description)) : null);
    });
    const bodies = Object.entries(this.#resolve(operation.requestBody).content ?? {});
    const [type, content] = bodies.find(([name]) => name.includes("json")) ?? bodies[0] ?? [];
    const text = content?.example ?? Object.values(content?.examples ?? {})[0]?.value;
    const body = type ? h("textarea", { id: "body", spellcheck: "false" }, text ? JSON.stringify(text, null, 2) : "") : null;
    const token = h("input", { id: "token", type: "password", autocomplete: "off", placeholder: t("only for what is not open"), oninput: () => { this.#token = token.value; } });
    token.value = this.#token;
    const out = h("div", { class: "body", "aria-live": "polite" });
    const form = h("form", { class: "body", onsubmit: (event) => { event.preventDefault(); this.#send(operation, parameters, form, body, type, out); } },
      operation.description ? h("p", { class: "muted" }, operation.description) : null,
      fields.length ? h("div", { class: "fields" }, fields) : null,
      body ? h("div", { class: "field" }, h("label", { for: "body" }, t("Body ({type})", { type })), body) : null,
      h("div", { class: "field" }, h("label", { for: "token" }, t("Token")), token),
      h("div", { class: "actions" }, h("button", { class: "button main" }, icon("send"), t("Send"))));
    this.place.replaceChildren(h("header", {}, h("div", { class: "title" }, h("span", { class: `method ${operation.method}` }, operation.method), h("code", {}, operation.path)), h("h2", {}, operation.summary ?? "")), form, out);
  }

  async #send(operation, parameters, form, body, type, out) {
    let path = operation.path;
    const query = new URLSearchParams();
    const headers = {};
    parameters.forEach((p, at) => {
      const value = form.querySelector(`#p${at}`).value;
      if (p.in === "path") path = path.replace(`{${p.name}}`, encodeURIComponent(value));
      else if (value && p.in === "query") query.append(p.name, value);
      else if (value && p.in === "header") headers[p.name] = value;
    });
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    if (body?.value) headers["Content-Type"] = type;
    const root = (this.#document.servers?.[0]?.url ?? "").startsWith("/") ? this.#document.servers[0].url.replace(/\/$/, "") : "";
    const address = `${root}${path}${query.size ? `?${query}` : ""}`;
    const began = performance.now();
    out.replaceChildren(h("span", { class: "skeleton" }));
    try {
      const answer = await fetch(address, { method: operation.method.toUpperCase(), headers, body: body?.value || undefined, credentials: "omit" });
      const text = await answer.text();
      const took = figure(performance.now() - began, 0);
      const kind = answer.ok ? "good" : "s4";
      out.replaceChildren(
        h("p", { class: "actions" }, h("span", { class: `badge ${kind}` }, icon(answer.ok ? "circle-check" : "circle-x"), `${answer.status} ${answer.statusText}`), h("span", { class: "quiet" }, `${took} ms · ${n("{n} character", "{n} characters", text.length)}`)),
        h("pre", { class: "raw", tabindex: "0", role: "group", "aria-label": t("Answer") }, pretty(text).slice(0, MOST) || t("(empty)")),
        h("h3", {}, t("The same on a command line")), h("pre", { class: "raw", tabindex: "0", role: "group", "aria-label": t("The same on a command line") }, this.#curl(operation, address, headers, body)));
    } catch (error) {
      out.replaceChildren(h("p", { class: "notice major" }, icon("triangle-alert"), error.message));
    }
  }

  #curl(operation, address, headers, body) {
    const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
    const said = Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${name === "Authorization" ? "Bearer …" : value}`)}`);
    const method = operation.method === "get" ? [] : ["-X", operation.method.toUpperCase()];
    return ["curl", ...method, quote(`${this.dataset.root}${address}`), ...said, ...(body?.value ? ["-d", quote(body.value)] : [])].join(" ");
  }
}

function example(parameter, schema) {
  const given = parameter.example ?? schema.default ?? schema.example ?? Object.values(parameter.examples ?? {})[0]?.value;
  return given === undefined ? "" : String(given);
}

function short(text) {
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

customElements.define("api-explorer", ApiExplorer);
