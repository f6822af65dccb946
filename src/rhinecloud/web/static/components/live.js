// The line to the city: server-sent events, with the state it is in. The browser itself reconnects and says where it was.

const STALE_MS = 25_000; // two beats missed

/** Follows /web/live. `on`: things(rows, gone, ms), alert(news), reset(), state("live" | "stale" | "offline").
    What happens in the command centre goes to the document as an event "operations". */
export class Live {
  #source = null;
  #heard = 0;
  #watch = null;
  #state = "";

  constructor(on) {
    this.on = on;
  }

  /** From a mark on; `only` "alerts" leaves the things out. */
  start(mark, only = "") {
    this.stop();
    this.#source = new EventSource(`/web/live?${new URLSearchParams(only ? { only } : { mark })}`);
    this.#source.addEventListener("open", () => this.#alive());
    this.#source.addEventListener("things", (event) => {
      this.#alive();
      const { rows, gone, ms } = JSON.parse(event.data);
      this.on.things(rows, gone, ms);
    });
    this.#source.addEventListener("alert", (event) => {
      this.#alive();
      this.on.alert?.(JSON.parse(event.data));
    });
    this.#source.addEventListener("operations", (event) => {
      this.#alive();
      document.dispatchEvent(new CustomEvent("operations", { detail: JSON.parse(event.data) }));
    });
    this.#source.addEventListener("beat", () => this.#alive());
    this.#source.addEventListener("reset", () => {
      this.#alive();
      this.on.reset();
    });
    this.#source.addEventListener("over", () => location.reload());
    this.#source.addEventListener("error", () => {
      this.#say("offline");
      // A refusal closes for good; a lost line is taken up again by the browser.
      if (this.#source?.readyState === EventSource.CLOSED) setTimeout(() => this.on.reset(), 5_000);
    });
    this.#watch = setInterval(() => {
      if (this.#state === "live" && Date.now() - this.#heard > STALE_MS) this.#say("stale");
    }, 2_000);
  }

  stop() {
    this.#source?.close();
    this.#source = null;
    this.#state = "";
    clearInterval(this.#watch);
  }

  get state() {
    return this.#state;
  }

  get heard() {
    return this.#heard;
  }

  #alive() {
    this.#heard = Date.now();
    this.#say("live");
  }

  #say(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.on.state(state);
  }
}
