// <incident-picture>: the common picture of an incident. One selection for map and list, drawing with what is typed about it,
// the moments it has gone through. What stands there comes from the server, and anew with the news.

import "./city-map.js";
import { h, icon, load } from "./dom.js";
import { Drawing } from "./picture-draw.js";
import { middle } from "./picture-looks.js";
import { PictureLayer } from "./picture-layer.js";
import { drawingForm, drawingCard, incidentCard, unitCard } from "./picture-cards.js";
import { PictureList } from "./picture-list.js";
import { toast } from "./toast.js";
import { island, moment, t } from "./words.js";

const UNITS_MS = 5_000;
const SOON_MS = 150;

class IncidentPicture extends HTMLElement {
  #data = { drawings: [], units: [], incidents: [], layers: [] };
  #selected = null;
  #timer = 0;
  #at = null; // ms; null is now
  #asked = 0;
  #editing = false; // a form is open, or a conflict waits for an answer

  async connectedCallback() {
    this.path = `/incidents/${encodeURIComponent(this.dataset.incident)}/picture`;
    this.options = JSON.parse(document.getElementById("picture").textContent);
    this.map = this.querySelector("city-map");
    this.card = this.querySelector(".picture-card");
    this.list = new PictureList(this.querySelector(".picture-list"), { choose: (key) => this.choose(key, true), toggle: (name, off) => this.#toggle(name, off) });
    this.menu = this.querySelector(".draw-menu");
    this.#menu();
    this.#slider();
    document.addEventListener("operations", ({ detail: news }) => this.#heard(news));
    await this.map.ready;
    if (this.map.able) this.#mapped();
    await this.refresh();
    this.beat = setInterval(() => !document.hidden && this.#at === null && !this.draw?.busy && this.refresh(), UNITS_MS);
  }

  disconnectedCallback() {
    clearInterval(this.beat);
    clearInterval(this.playing);
  }

  #mapped() {
    const { camera } = this.map;
    this.layer = new PictureLayer(camera);
    this.draw = new Drawing(this.map, camera, this.layer);
    this.draw.on = { points: (count, enough) => this.#drawn(count, enough), done: (geometry) => this.#finished(geometry), cancelled: () => this.cancel() };
    camera.on("click", (event) => {
      if (this.draw.busy || this.map.classList.contains("measuring")) return;
      const hit = this.layer.hit(event.point.x, event.point.y);
      this.choose(hit ? `${hit.kind}/${hit.id}` : null);
    });
    camera.on("mousemove", (event) => {
      camera.getCanvas().classList.toggle("pointing", !this.draw.busy && this.layer.hit(event.point.x, event.point.y) !== null);
    });
  }

  /** Brings into view what there is to be seen. */
  #first() {
    const places = [...this.#data.drawings.map((d) => middle(d.geometry)), ...this.#data.incidents.filter((i) => i.this).map((i) => [i.lon, i.lat])];
    if (!places.length) return;
    const [lons, lats] = [places.map((p) => p[0]), places.map((p) => p[1])];
    const [dx, dy] = [Math.max(0.004, (Math.max(...lons) - Math.min(...lons)) * 0.2), Math.max(0.003, (Math.max(...lats) - Math.min(...lats)) * 0.2)];
    this.map.fit([Math.min(...lons) - dx, Math.min(...lats) - dy, Math.max(...lons) + dx, Math.max(...lats) + dy]);
  }

  // ── what there is ──

  #heard(news) {
    const ours = news.what === "reset" || news.incident === this.dataset.incident || /^(unit|incident|assignment)\./.test(news.what);
    if (!ours || this.#at !== null) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), SOON_MS);
  }

  async refresh() {
    const asked = ++this.#asked;
    try {
      const data = await load(`${this.path}/data`, { at: this.#at === null ? "" : new Date(this.#at).toISOString() });
      if (asked !== this.#asked) return; // another moment was asked for meanwhile
      const first = !this.#data.ms;
      this.#data = data;
      if (first) this.#first();
      if (first && new URLSearchParams(location.search).has("play") && this.range) this.#play();
    } catch (error) {
      toast(t("The picture could not be loaded."), { icon: "triangle-alert", state: 3, detail: error.message });
      return;
    }
    this.layer?.show(this.#data);
    this.list.show(this.#data, this.#selected);
    this.menu.hidden = !this.#data.mayDraw;
    const still = this.#found(this.#selected);
    if (this.#editing || this.draw?.busy) return; // what somebody types or draws stays, whatever the others do
    if (this.#selected && !still) this.choose(null);
    else if (still && !this.card.contains(document.activeElement)) this.#show();
  }

  #found(key) {
    if (!key) return null;
    const [kind, id] = key.split("/");
    return this.#data[`${kind}s`]?.find((one) => one.id === id) ?? null;
  }

  #toggle(name, off) {
    if (!this.layer) return;
    off ? this.layer.hidden.add(name) : this.layer.hidden.delete(name);
    this.layer.soon();
  }

  // ── selecting ──

  choose(key, bring = false) {
    if (this.draw?.busy) this.cancel();
    this.#selected = key;
    if (this.layer) {
      this.layer.selected = key;
      this.layer.soon();
    }
    this.list.select(key);
    const found = this.#found(key);
    if (found && bring) {
      const place = found.geometry ? middle(found.geometry) : found.lon === null ? null : [found.lon, found.lat];
      if (place) this.map.bring(...place);
    }
    this.#show();
  }

  #show() {
    const found = this.#found(this.#selected);
    if (!found) return this.#put(null);
    const kind = this.#selected.split("/")[0];
    const close = () => this.choose(null);
    if (kind === "unit") this.#put(unitCard(found, close));
    else if (kind === "incident") this.#put(incidentCard(found, close));
    else this.#put(drawingCard(found, this.#data.mayDraw, {
      close,
      edit: () => this.#edit(found),
      reshape: () => this.#reshape(found),
      remove: () => this.#send(`drawings/${found.id}`, { do: "remove", version: found.version }, () => this.#removed(found)),
      versions: () => load(`${this.path}/drawings/${found.id}`),
      restore: (like) => this.#send(`drawings/${found.id}`, { do: "restore", version: found.version, like }),
    }));
  }

  #put(element, editing = false) {
    this.#editing = editing;
    this.card.hidden = element === null;
    this.card.replaceChildren(...(element ? [element] : []));
  }

  #removed(found) {
    this.choose(null);
    this.#put(h("div", { class: "card-note", role: "status" }, icon("trash-2"), h("span", {}, t("Taken away.")), h("button", { type: "button", class: "button", onclick: () => this.#send(`drawings/${found.id}`, { do: "restore", version: found.version + 1, like: found.version }, () => this.choose(`drawing/${found.id}`)) }, icon("undo-2"), t("Bring back"))));
  }

  // ── drawing ──

  #menu() {
    for (const button of this.menu.querySelectorAll("button[data-kind]")) {
      button.addEventListener("click", () => {
        this.menu.querySelector("details").open = false;
        this.#begin(button.dataset.kind, button.dataset.shape);
      });
    }
  }

  #begin(kind, shape) {
    if (!this.layer) return toast(t("This browser draws no maps (it lacks WebGL)."), { icon: "map-pin-off", state: 2 });
    if (this.#at !== null) this.#seek(null);
    this.choose(null);
    this.wanted = { kind, shape };
    if (kind === "sign") return this.#palette();
    this.draw.start(shape);
  }

  /** Which sign, before where. */
  async #palette() {
    await import("./sign-palette.js");
    const palette = h("sign-palette");
    palette.addEventListener("choose", (event) => {
      this.wanted.sign = event.detail.key;
      this.wanted.signLabel = event.detail.label;
      this.draw.start("Point");
    });
    this.#put(h("div", { class: "card-body" }, this.#head(t("Which sign?")), palette));
    palette.querySelector("input")?.focus();
  }

  #head(title) {
    return h("header", {}, h("h2", {}, title), h("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: () => this.cancel() }, icon("x")));
  }

  /** Says what to do next while points are set. */
  #drawn(count, enough) {
    if (this.layer.handles) return;
    if (!this.layer.sketch || this.layer.sketch.closed) return;
    const kind = this.options.kinds.find((k) => k.key === this.wanted.kind);
    const told = this.wanted.shape === "Point" || this.wanted.kind === "sign" ? t("Click where it stands, or press Enter for the middle of the map.")
      : this.wanted.shape === "LineString" ? t("Click along the line; click the last point again to end.") : t("Click the corners; click the first one to close.");
    this.#put(h("div", { class: "card-body" }, this.#head(this.wanted.signLabel ?? kind.label), h("p", { class: "quiet", role: "status" }, told),
      h("p", { class: "actions" }, h("button", { type: "button", class: "button main", disabled: !enough, onclick: () => this.draw.finish() }, icon("check"), t("Done")),
        h("button", { type: "button", class: "button", disabled: !count, onclick: () => this.draw.undo() }, icon("undo-2"), t("Undo")))));
  }

  #finished(geometry) {
    const kind = this.options.kinds.find((k) => k.key === this.wanted.kind);
    const fresh = { kind: kind.key, kindLabel: kind.label, geometry, label: "", text: "", sign: this.wanted.sign ?? "", signLabel: this.wanted.signLabel ?? "", section: "", planned: false, shared: true };
    this.#put(drawingForm(fresh, this.options, {
      title: this.wanted.signLabel ?? kind.label,
      cancel: () => this.cancel(),
      save: (values) => this.#send("drawings", { ...values, kind: kind.key, geometry: JSON.stringify(geometry) }, (made) => {
        this.draw.stop();
        this.choose(`drawing/${made.id}`);
      }),
    }), true);
  }

  #edit(found) {
    this.#put(drawingForm(found, this.options, {
      title: found.kindLabel,
      cancel: () => this.choose(`drawing/${found.id}`),
      save: (values) => this.#send(`drawings/${found.id}`, { ...values, version: found.version }, () => this.#show()),
    }), true);
  }

  #reshape(found) {
    this.draw.reshape(found.geometry);
    const save = () => this.#send(`drawings/${found.id}`, { geometry: JSON.stringify(this.draw.geometry), version: found.version }, () => {
      this.draw.stop();
      this.#show();
    });
    this.#put(h("div", { class: "card-body" }, this.#head(t("Change the shape")), h("p", { class: "quiet" }, t("Drag the points; drag a line to bend it.")),
      h("p", { class: "actions" }, h("button", { type: "button", class: "button main", onclick: save }, icon("check"), t("Save")), h("button", { type: "button", class: "button", onclick: () => this.cancel() }, t("Cancel")))), true);
  }

  cancel() {
    this.draw?.stop();
    this.#show();
  }

  /** Does it on the server; of a conflict both are shown. */
  async #send(path, values, done = () => {}) {
    const body = new URLSearchParams({ _csrf_token: island.csrf, ...values });
    let answer;
    try {
      answer = await fetch(`${this.path}/${path}`, { method: "POST", body, credentials: "same-origin" });
    } catch {
      toast(t("The line is down. What you drew is still here; try again."), { icon: "triangle-alert", state: 3 });
      return;
    }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok) {
      await this.refresh();
      done(said);
      await this.refresh();
    } else if (answer.status === 409) this.#conflict(said, path, values, done);
    else this.#wrong(said.detail || `HTTP ${answer.status}`);
  }

  #wrong(text) {
    this.card.querySelector(".notice")?.remove();
    this.card.hidden = false;
    (this.card.querySelector(".card-body") ?? this.card).append(h("p", { class: "notice major", role: "alert" }, icon("triangle-alert"), h("span", {}, text)));
  }

  #conflict({ detail, now }, path, values, done) {
    this.draw.stop();
    const mine = values.geometry ? t("another shape") : Object.entries(values).filter(([name]) => ["label", "text"].includes(name)).map(([, value]) => value).join(" · ") || t("taken away");
    this.#put(h("div", { class: "card-body" }, this.#head(t("Changed meanwhile")), h("p", { class: "notice minor", role: "alert" }, icon("triangle-alert"), h("span", {}, detail)),
      now ? h("dl", { class: "both" }, h("dt", {}, t("Stands there now")), h("dd", {}, now.removed ? t("taken away") : `${now.label || "–"}, ${moment(now.at_us / 1000, "time")}`), h("dt", {}, t("Yours")), h("dd", {}, mine)) : null,
      h("p", { class: "actions" },
        now ? h("button", { type: "button", class: "button main", onclick: () => this.#over(now, path, values, done) }, t("Save mine over it")) : null,
        h("button", { type: "button", class: "button", onclick: () => { this.choose(this.#selected); this.refresh(); } }, t("Leave it as it is")))), true);
  }

  /** What somebody typed counts, also where the drawing is gone: it comes back first. */
  #over(now, path, values, done) {
    if (!now.removed) return this.#send(path, { ...values, version: now.version }, done);
    const back = { do: "restore", version: now.version, like: now.version - 1 };
    return this.#send(path, back, () => this.#send(path, { ...values, version: now.version + 1 }, done));
  }

  // ── the moment ──

  #slider() {
    this.range = this.querySelector(".picture-time input");
    if (!this.range) return;
    this.clock = this.querySelector(".picture-time output");
    this.range.addEventListener("input", () => {
      clearTimeout(this.seeking);
      const value = Number(this.range.value);
      this.#say(value >= 1000 ? null : this.#msOf(value));
      this.seeking = setTimeout(() => this.#seek(value >= 1000 ? null : this.#msOf(value)), 120);
    });
    this.querySelector("[data-now]").addEventListener("click", () => this.#seek(null));
    this.querySelector("[data-play]").addEventListener("click", () => this.#play());
    this.#say(null);
  }

  #msOf(value) {
    const began = this.options.began;
    return began + ((Date.now() - began) * value) / 1000;
  }

  #say(ms) {
    this.clock.textContent = ms === null ? t("Now") : moment(ms, "short");
    this.querySelector("[data-machine]").href = `/situation?at=${new Date(ms ?? Date.now()).toISOString()}`;
    this.toggleAttribute("data-past", ms !== null);
    this.querySelector("[data-now]").hidden = ms === null;
  }

  #seek(ms) {
    this.#at = ms;
    if (ms === null) {
      this.range.value = 1000;
      clearInterval(this.playing);
      this.playing = null;
    }
    this.#say(ms);
    if (this.draw?.busy) this.cancel();
    return this.refresh();
  }

  /** The whole incident in half a minute. */
  #play() {
    if (this.playing) {
      clearInterval(this.playing);
      this.playing = null;
      return;
    }
    if (Number(this.range.value) >= 1000) this.range.value = 0;
    this.playing = setInterval(() => {
      this.range.value = Number(this.range.value) + 17;
      const value = Number(this.range.value);
      this.#seek(value >= 1000 ? null : this.#msOf(value));
    }, 500);
  }
}

customElements.define("incident-picture", IncidentPicture);
