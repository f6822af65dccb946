// <down-clock due within>: runs down to a moment, and says by how much it ran over.
// <since-clock since warn late>: how long something stands so; a triangle from `warn` seconds on, an octagon from `late`.
// One ticker for all of them, so that hundreds on a board cost one timer.

import { shape } from "./shapes.js";

const all = new Set();
setInterval(() => { if (!document.hidden) for (const clock of all) clock.show(); }, 1000);
document.addEventListener("visibilitychange", () => { for (const clock of all) clock.show(); });

const two = (value) => String(value).padStart(2, "0");

/** 0:05, 12:40, 2 h 07, 14 h, 3 d. */
export function spell(seconds) {
  const whole = Math.abs(seconds);
  const minutes = Math.floor(whole / 60);
  if (whole >= 172_800) return `${Math.floor(whole / 86_400)} d`;
  if (whole >= 36_000) return `${Math.floor(minutes / 60)} h`;
  return minutes >= 60 ? `${Math.floor(minutes / 60)} h ${two(minutes % 60)}` : `${minutes}:${two(whole % 60)}`;
}

class Clock extends HTMLElement {
  connectedCallback() {
    all.add(this);
    this.text ??= document.createElement("span");
    this.replaceChildren(this.text);
    this.show();
  }

  disconnectedCallback() {
    all.delete(this);
  }

  /** Writes only what is different, so that hundreds of clocks do not lay the page out anew each second. */
  say(text, level, state) {
    if (this.text.textContent !== text) this.text.textContent = text;
    if (this.dataset.level === level) return;
    this.dataset.level = level;
    this.mark?.remove();
    this.mark = state ? shape(state) : null;
    if (this.mark) this.prepend(this.mark);
  }
}

class DownClock extends Clock {
  show() {
    const left = Math.round((Number(this.getAttribute("due")) - Date.now()) / 1000);
    const within = Number(this.getAttribute("within")) || 0;
    if (left < 0) this.say(`+${spell(left)}`, "late", 4);
    else this.say(spell(left), left < within / 4 ? "warn" : "calm", left < within / 4 ? 2 : 0);
  }
}
customElements.define("down-clock", DownClock);

class SinceClock extends Clock {
  show() {
    const passed = Math.max(0, Math.round((Date.now() - Number(this.getAttribute("since"))) / 1000));
    const warn = Number(this.getAttribute("warn")) || Infinity;
    const late = Number(this.getAttribute("late")) || Infinity;
    this.say(spell(passed), passed >= late ? "late" : passed >= warn ? "warn" : "calm", passed >= late ? 4 : passed >= warn ? 2 : 0);
  }
}
customElements.define("since-clock", SinceClock);
