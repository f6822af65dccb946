// Moving through time: to a moment, or on from it as the past went. Keeps the slider and the page's moment (`island.at`) true.

import { Playback } from "./playback.js";
import { island } from "./words.js";

const HOUR_MS = 3_600_000;
const NOW_MS = 2_000; // what is nearer to now is now

export class TimeTravel {
  #slider;
  #on;
  #playback;
  #asked = null; // {settled} of the newest moment that is asked for
  #asking = false;

  /** `on`: load(settled) shows `island.at`, moved(moves, ms) as the past goes on, arrived(), fail(error). */
  constructor(slider, on) {
    this.#slider = slider;
    this.#on = on;
    this.#playback = new Playback({
      moves: (moves, ms) => this.#played(moves, ms),
      end: () => this.seek(null),
      fail: (error) => {
        on.fail(error);
        this.seek(this.#playback.at);
      },
    });
  }

  get playing() {
    return this.#playback.playing;
  }

  /** Whether another moment was asked for than the one that is being loaded. */
  get overtaken() {
    return this.#asked !== null;
  }

  stop() {
    this.#playback.stop();
  }

  /** Looks at a moment; null is now. While it is dragged, only the newest that was asked for is loaded. */
  async seek(ms, settled = true) {
    if (!this.#slider) return;
    this.stop();
    if (ms !== null && ms > Date.now() - NOW_MS) ms = null;
    this.#set(ms);
    this.#slider.show(ms);
    this.#asked = { settled };
    if (this.#asking) return;
    this.#asking = true;
    while (this.#asked) {
      const asked = this.#asked;
      this.#asked = null;
      await this.#on.load(asked.settled);
    }
    this.#asking = false;
    this.#on.arrived();
  }

  /** Plays on at a speed; 0 stops and shows where it stopped. */
  async play(speed) {
    if (!speed) return this.seek(this.#playback.at);
    if (!island.at) await this.seek(Date.now() - HOUR_MS); // from now there is nothing to play
    this.#playback.start(this.playing ? this.#playback.at : Date.parse(island.at), speed);
    this.#slider.show(this.#playback.at, true);
  }

  #played(moves, ms) {
    this.#set(ms);
    this.#slider.show(Math.floor(ms / 1000) * 1000, true);
    this.#on.moved(moves, ms);
  }

  #set(ms) {
    island.at = ms === null ? "" : new Date(Math.floor(ms / 1000) * 1000).toISOString().replace(".000Z", "Z");
    document.dispatchEvent(new CustomEvent("moment"));
  }
}
