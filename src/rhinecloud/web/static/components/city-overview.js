// <city-overview>: keeps the overview true while it is looked at. Each part is put in place when it is another than before;
// where somebody has the focus inside, it stays on the same door.

import { Live } from "./live.js";
import { t } from "./words.js";

const EVERY_MS = 20_000;
const SOON_MS = 1_200;

class CityOverview extends HTMLElement {
  #live = null;
  #soon = 0;
  #timer = 0;

  connectedCallback() {
    this.#live = new Live({
      things: () => {},
      alert: (news) => {
        document.dispatchEvent(new CustomEvent("alert", { detail: news }));
        this.#later();
      },
      reset: () => this.#later(),
      state: (state) => this.#status(state),
    });
    this.#live.start("", "alerts");
    this.#timer = setInterval(() => !document.hidden && this.#load(), EVERY_MS);
    document.addEventListener("visibilitychange", () => !document.hidden && this.#later());
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#live.stop();
  }

  #later() {
    this.#soon ||= setTimeout(() => {
      this.#soon = 0;
      this.#load();
    }, SOON_MS);
  }

  async #load() {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, credentials: "same-origin" }).catch(() => null);
    if (!answer?.ok) return;
    const made = new DOMParser().parseFromString(await answer.text(), "text/html");
    const place = document.getElementById("overview");
    const before = new Map([...place.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    const after = [...made.querySelectorAll("[data-part]")];
    if (after.length !== before.size || after.some((part) => !before.has(part.dataset.part))) {
      place.replaceChildren(...made.body.childNodes);
      return;
    }
    for (const part of after) {
      const old = before.get(part.dataset.part);
      if (plain(old) === plain(part)) continue;
      const held = old.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      old.replaceWith(part);
      if (held) part.querySelector(`a[href="${CSS.escape(held)}"]`)?.focus();
    }
  }

  #status(state) {
    const place = document.getElementById("live");
    if (!place) return;
    place.dataset.state = state;
    place.querySelector(".word").textContent = { live: t("Live"), stale: t("Delayed"), offline: t("Offline") }[state];
  }
}

/** What a part says, without how long ago. */
function plain(part) {
  const copy = part.cloneNode(true);
  for (const time of copy.querySelectorAll("relative-time")) time.textContent = "";
  return copy.innerHTML;
}

customElements.define("city-overview", CityOverview);
