// <room-picture>: the common picture in the room of an incident, to be looked at; drawing is done on its own page.

import "./city-map.js";
import { load } from "./dom.js";
import { PictureLayer } from "./picture-layer.js";
import { middle } from "./picture-looks.js";

const UNITS_MS = 5_000;
const CONCERNS = ["drawing.", "picture.", "unit.", "assignment.", "incident."];

class RoomPicture extends HTMLElement {
  #layer = null;
  #seen = false;
  #timer = 0;

  async connectedCallback() {
    this.heard = ({ detail: news }) => {
      if (news.what === "reset" || CONCERNS.some((beginning) => news.what.startsWith(beginning))) this.soon();
    };
    document.addEventListener("operations", this.heard);
    this.map = this.querySelector("city-map");
    await this.map.ready;
    if (!this.map.able) return;
    this.#layer = new PictureLayer(this.map.camera);
    await this.refresh();
    this.beat = setInterval(() => !document.hidden && this.refresh(), UNITS_MS);
  }

  disconnectedCallback() {
    document.removeEventListener("operations", this.heard);
    clearInterval(this.beat);
    clearTimeout(this.#timer);
  }

  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), 200);
  }

  async refresh() {
    if (!this.#layer) return;
    try {
      const data = await load(`/incidents/${encodeURIComponent(this.dataset.incident)}/picture/data`);
      this.#layer.show(data);
      if (!this.#seen) this.#first(data);
      this.#seen = true;
    } catch {
      // It stays as it was; the next beat asks again.
    }
  }

  /** Brings into view what there is to be seen. */
  #first(data) {
    const places = [...data.drawings.map((d) => middle(d.geometry)), ...data.incidents.filter((i) => i.this).map((i) => [i.lon, i.lat])];
    if (!places.length) return;
    const [lons, lats] = [places.map((p) => p[0]), places.map((p) => p[1])];
    const [dx, dy] = [Math.max(0.006, (Math.max(...lons) - Math.min(...lons)) * 0.2), Math.max(0.004, (Math.max(...lats) - Math.min(...lats)) * 0.2)];
    this.map.fit([Math.min(...lons) - dx, Math.min(...lats) - dy, Math.max(...lons) + dx, Math.max(...lats) + dy]);
  }
}
customElements.define("room-picture", RoomPicture);
