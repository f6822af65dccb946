// The page of a crew: asks for what is new, puts it there, says that it was seen, and sounds when there is an order.

import { t, island } from "./words.js";

const AGAIN_MS = 3_000;

class UnitPage extends HTMLElement {
  #sound = null;
  #alarm = "";
  #timer = 0;

  connectedCallback() {
    this.#alarm = this.#now?.dataset.alarm ?? "";
    this.#count();
    this.#timer = setInterval(() => this.#count(), 1_000);
    this.addEventListener("submit", (event) => this.#send(event));
    document.addEventListener("visibilitychange", () => this.#seen());
    document.addEventListener("pointerdown", () => this.#wake(), { once: true });
    document.querySelector("#sound-off button")?.addEventListener("click", () => this.#wake());
    const note = document.querySelector("#sound-off");
    if (note) note.hidden = false;
    this.#seen();
    this.#follow();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  get #now() {
    return this.querySelector(".unit-now");
  }

  async #follow() {
    while (this.isConnected) {
      try {
        const answer = await fetch(`/my-unit/now?mark=${this.#now?.dataset.mark ?? ""}`, { headers: { "HX-Request": "true" } });
        if (answer.status === 401 || answer.status === 403 || answer.redirected) {
          location.assign("/my-unit");
          return;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        this.#say("");
        if (answer.status === 200) this.#show(await answer.text());
        else await new Promise((go) => setTimeout(go, 200)); // a city that stops answers at once
      } catch {
        this.#say(t("No connection"));
        await new Promise((go) => setTimeout(go, AGAIN_MS));
      }
    }
  }

  // Sent beside the page: a page that is loaded anew has no sound until somebody touches it again.
  async #send(event) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(event.target, event.submitter));
    event.submitter?.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(event.target.action, { method: "POST", body });
      const page = await answer.text();
      if (answer.status === 401 || answer.status === 403) return location.assign("/my-unit");
      const wrong = new DOMParser().parseFromString(page, "text/html").querySelector(".notice.critical");
      document.querySelector("main > .notice.critical")?.remove();
      if (wrong) this.before(document.adoptNode(wrong));
      this.querySelector("details.decline[open]")?.removeAttribute("open");
      this.#show(page);
    } catch {
      this.#say(t("No connection"));
    } finally {
      event.submitter?.removeAttribute("aria-busy");
    }
  }

  #show(html) {
    // What somebody is typing stays: a decline that is open is not taken from under the finger.
    const open = this.querySelector("details.decline")?.open;
    const typed = this.querySelector("#other")?.value ?? "";
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".unit-now");
    if (!fresh) return;
    this.#now.replaceWith(document.adoptNode(fresh));
    if (open && this.querySelector("details.decline")) {
      this.querySelector("details.decline").open = true;
      this.querySelector("#other").value = typed;
    }
    const alarm = fresh.dataset.alarm;
    if (alarm && alarm !== this.#alarm) this.#ring(Boolean(this.querySelector(".order.waiting")));
    this.#alarm = alarm;
    this.#count();
    this.#seen();
  }

  #seen() {
    const ids = this.#now?.dataset.shown;
    if (!ids || document.visibilityState !== "visible") return;
    this.#now.dataset.shown = "";
    const body = new URLSearchParams({ ids, _csrf_token: island.csrf });
    fetch("/my-unit/seen", { method: "POST", body }).catch(() => {
      if (this.#now) this.#now.dataset.shown = ids;
    });
  }

  #count() {
    for (const left of this.querySelectorAll("[data-due]")) {
      const seconds = Math.max(0, Math.round(Number(left.dataset.due) / 1_000_000 - Date.now() / 1_000));
      left.textContent = seconds ? `${seconds} s` : t("time is up");
      left.classList.toggle("late", seconds < 20);
    }
  }

  // Browsers let a page sound only once somebody has touched it.
  #wake() {
    this.#sound ??= "AudioContext" in window ? new AudioContext() : null;
    this.#sound?.resume?.();
    setTimeout(() => {
      const note = document.querySelector("#sound-off");
      if (note) note.hidden = this.#sound?.state === "running";
    }, 200);
  }

  #ring(order) {
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(order ? [300, 100, 300, 100, 600] : 200);
    if (this.#sound?.state !== "running") return;
    const start = this.#sound.currentTime;
    for (const [at, hertz] of order ? [[0, 880], [0.25, 660], [0.5, 880], [0.75, 660]] : [[0, 660]]) {
      const tone = this.#sound.createOscillator();
      const loudness = this.#sound.createGain();
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0.25, start + at);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + at + 0.22);
      tone.connect(loudness).connect(this.#sound.destination);
      tone.start(start + at);
      tone.stop(start + at + 0.24);
    }
  }

  #say(words) {
    const line = document.querySelector("#line");
    if (line && line.textContent !== words) line.textContent = words;
  }
}

customElements.define("unit-page", UnitPage);
