// <incident-room>: the head above an incident's tabs. Tells that somebody is here, and shows who else is.
// <time-left>: a clock that runs down, and says by how much it ran over.

import { act, h, load } from "./dom.js";
import { toast } from "./toast.js";
import { t } from "./words.js";

const HERE_MS = 20_000;

class IncidentRoom extends HTMLElement {
  connectedCallback() {
    this.tell();
    this.timer = setInterval(() => this.tell(), HERE_MS);
    this.seen = () => { if (!document.hidden) this.tell(); };
    document.addEventListener("visibilitychange", this.seen);
    this.heard = ({ detail: news }) => { if (news.incident === this.dataset.incident && news.what === "presence.here") this.look(); };
    document.addEventListener("operations", this.heard);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
    document.removeEventListener("operations", this.heard);
  }

  async tell() {
    if (document.hidden) return; // who looks elsewhere is not here
    try {
      await act(`/incidents/${encodeURIComponent(this.dataset.incident)}/here`, { tab: this.dataset.tab });
      await this.look();
    } catch {
      // The line is down; the page says that elsewhere.
    }
  }

  async look() {
    this.show(await load(`/incidents/${encodeURIComponent(this.dataset.incident)}/here`));
  }

  show(people) {
    const list = this.querySelector(".here");
    if (!list) return;
    list.replaceChildren(...people.map((person) => h("li", { title: person.agency || null },
      h("span", { class: "avatar", "aria-hidden": "true" }, person.name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase()),
      person.name, person.me ? h("span", { class: "quiet" }, ` ${t("(you)")}`) : null)));
  }
}
customElements.define("incident-room", IncidentRoom);

// A flash message interrupts whoever is in the room, whatever they look at.
document.addEventListener("operations", ({ detail: news }) => {
  const room = document.querySelector("incident-room");
  if (!room || news.incident !== room.dataset.incident) return;
  const href = `/incidents/${encodeURIComponent(news.incident)}/messages`;
  const drill = room.querySelector(".exercise strong")?.textContent;
  const say = (text) => (drill ? `${drill}: ${text}` : text);
  if (news.what === "message.taken" && news.detail.priority === "flash") toast(say(t("Flash message")), { state: 4, detail: t("It interrupts everything else."), href });
  else if (news.what === "message.waiting") toast(say(t("A message waits too long to be distributed")), { state: 3, href });
});

class TimeLeft extends HTMLElement {
  connectedCallback() {
    this.title = this.textContent;
    this.show();
    this.timer = setInterval(() => this.show(), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  show() {
    const left = Math.round((Number(this.getAttribute("due")) - Date.now()) / 1000);
    this.textContent = spell(left);
    const face = this.closest(".run-clock");
    face?.classList.toggle("overdue", left < 0);
    face?.classList.toggle("soon", left >= 0 && left < Number(this.getAttribute("within") || 0) / 4);
  }
}
customElements.define("time-left", TimeLeft);

/** 4:05, 2:07:30, 3 d; over time with a plus. */
export function spell(seconds) {
  const all = Math.abs(seconds);
  const two = (value) => String(value).padStart(2, "0");
  const days = Math.floor(all / 86_400);
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor((all % 3600) / 60);
  const text = days > 1 ? `${days} d` : hours ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
  return seconds < 0 ? `+${text}` : text;
}
