// What stands on the picture, as a list beside it: layers with their drawings, units at work, others, incidents around.

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { signImage } from "./sign-palette.js";
import { t } from "./words.js";

const MOST = 60;

export class PictureList {
  #off = new Set(["other-units", "incidents"]);

  constructor(place, on) {
    this.place = place;
    this.on = on;
  }

  show(data, selected) {
    this.#selected = selected;
    const working = data.units.filter((u) => u.work);
    const others = data.units.filter((u) => !u.work);
    const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
    this.place.replaceChildren(
      ...data.layers.map((layer) => this.#group(`layer/${layer.agency}`, layer.title, layer.mine ? t("your layer") : "", data.drawings.filter((d) => d.agency === layer.agency).map((d) => this.#drawing(d)), t("Nothing drawn yet."))),
      this.#group("units", t("Units at work here"), "", working.map((u) => this.#unit(u)), t("No unit is assigned.")),
      others.length ? this.#group("other-units", t("Other units"), "", others.slice(0, MOST).map((u) => this.#unit(u)), "", false) : "",
      data.incidents.length > 1 ? this.#group("incidents", t("Other incidents"), "", data.incidents.filter((i) => !i.this).slice(0, MOST).map((i) => this.#incident(i)), "", false) : "",
    );
    if (focused) this.place.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #selected = null;

  select(key) {
    this.#selected = key;
    for (const row of this.place.querySelectorAll("[data-key]")) row.setAttribute("aria-pressed", String(row.dataset.key === key));
    this.place.querySelector(`[data-key="${CSS.escape(key ?? "")}"]`)?.scrollIntoView({ block: "nearest" });
  }

  #group(name, title, note, rows, empty, open = true) {
    const off = this.#off.has(name);
    const eye = h("button", {
      type: "button", class: "icon-button", "aria-pressed": String(!off), "aria-label": off ? t("Show on the map: {what}", { what: title }) : t("Hide on the map: {what}", { what: title }),
      onclick: (event) => {
        const now = !this.#off.has(name);
        now ? this.#off.add(name) : this.#off.delete(name);
        this.on.toggle(name, now);
        event.currentTarget.setAttribute("aria-pressed", String(!now));
        event.currentTarget.replaceChildren(icon(now ? "eye-off" : "eye"));
      },
    }, icon(off ? "eye-off" : "eye"));
    const known = this.place.querySelector(`details[data-group="${CSS.escape(name)}"]`);
    return h("div", { class: "group" }, h("details", { open: known ? known.open : open, "data-group": name },
      h("summary", {}, h("span", { class: "title" }, title), note ? h("span", { class: "badge" }, note) : null, h("span", { class: "quiet" }, String(rows.length))),
      rows.length ? h("ul", {}, rows.map((row) => h("li", {}, row))) : h("p", { class: "quiet none" }, empty)), eye);
  }

  #row(key, image, title, lines, more = {}) {
    return h("button", { type: "button", class: "row", "data-key": key, "aria-pressed": String(key === this.#selected), onclick: () => this.on.choose(key), ...more },
      h("span", { class: "image" }, image), h("span", { class: "said" }, h("strong", {}, title), ...lines.filter(Boolean).map((line) => h("span", { class: "quiet" }, line))));
  }

  #drawing(d) {
    const image = d.sign ? signImage(d.sign, "", "sign small") : h("span", { class: `swatch look-${d.kind}` });
    const marks = [d.label ? (d.sign && d.kind === "sign" ? d.signLabel : d.kindLabel) : "", d.planned ? t("planned") : "", d.shared ? "" : t("only for your agency"), d.sectionTitle];
    return this.#row(`drawing/${d.id}`, image, d.label || (d.kind === "sign" ? d.signLabel : d.kindLabel), [marks.filter(Boolean).join(" · ")]);
  }

  #unit(u) {
    const place = { live: "", told: t("place told by hand"), station: t("at its station"), "": t("no place known") }[u.source];
    return this.#row(`unit/${u.id}`, signImage(u.sign, "", "sign small"), u.name, [[u.status ? `${u.status} ${u.statusLabel}` : t("no status"), u.section, place].filter(Boolean).join(" · ")]);
  }

  #incident(i) {
    return this.#row(`incident/${i.id}`, shape(i.severity, i.severityWord), i.title, [`${i.number} · ${i.state}`]);
  }
}
