// The past as it went on: what changed is asked for ahead of the moment that is shown, and given out as that moment comes.

import { load } from "./dom.js";

const TICK_MS = 250;
const AHEAD_S = 14; // of watching, in one question
const LOW_S = 6; // when the next is asked

export class Playback {
  #queue = [];
  #until = 0;
  #asking = false;
  #timer = null;
  #last = 0;

  /** `on`: moves(list, ms) when a moment has come, end() when now is reached, fail(error). */
  constructor(on) {
    this.on = on;
    this.at = 0;
    this.speed = 0;
  }

  get playing() {
    return this.#timer !== null;
  }

  /** From `at` on; the picture of that moment is there. */
  start(at, speed) {
    const goesOn = this.playing && at === this.at;
    this.speed = speed;
    if (goesOn) return;
    this.stop();
    this.at = at;
    this.#until = at;
    this.#queue = [];
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#ask();
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#queue = [];
  }

  async #ask() {
    if (this.#asking || !this.playing) return;
    this.#asking = true;
    const from = this.#until;
    const step = Math.max(1, Math.round((this.speed * TICK_MS) / 1000));
    const to = Math.min(Date.now(), from + this.speed * AHEAD_S * 1000);
    try {
      if (to - from >= 1000) {
        const { moves, complete } = await load("/web/moves", { start: new Date(from).toISOString(), end: new Date(to).toISOString(), step });
        if (!this.playing || this.#until !== from) return;
        this.#queue.push(...moves);
        this.#until = complete ? to : Math.max(from + 1000, moves.at(-1)[0]);
      }
    } catch (error) {
      this.stop();
      this.on.fail(error);
    } finally {
      this.#asking = false;
    }
  }

  #tick() {
    const now = performance.now();
    const passed = Math.min(now - this.#last, 1000) * this.speed;
    this.#last = now;
    if (this.#until - this.at < this.speed * LOW_S * 1000) this.#ask();
    this.at = Math.min(this.at + passed, this.#until); // what is not there yet is waited for
    let count = 0;
    while (count < this.#queue.length && this.#queue[count][0] <= this.at) count += 1;
    this.on.moves(this.#queue.splice(0, count), this.at);
    if (this.at >= Date.now() - 1500) {
      this.stop();
      this.on.end();
    }
  }
}
