// <live-board>: the boards of incidents and units. The server draws each strip and tile and sends it when it changes; here it
// is put where it belongs. What is written in a strip changes at once; where strips stand changes only while nobody has a
// hand on the board: until then they keep their places, and a button says how many wait.
// Keys: arrows from strip to strip, Enter opens, d its units; on a unit the digits are statuses, Enter its card; "." shows
// what waits.

import "./clocks.js";
import { command, refused } from "./commands.js";
import { showState } from "./line-state.js";
import { isOn, sound, turn } from "./sounds.js";
import { n, t } from "./words.js";

const AGAIN_MS = 30_000; // a call before all others that nobody has answered is heard again
const HELD_MS = 2_500; // after the last movement over the board nobody has a hand on it

class LiveBoard extends HTMLElement {
  #waiting = new Map(); // id → {board, put} or {board, gone}
  #moved = 0;
  #narrow = {};

  connectedCallback() {
    this.shows = this.querySelector("[data-shows]");
    this.shows?.addEventListener("click", () => this.#settle());
    this.addEventListener("pointermove", () => { this.#moved = Date.now(); });
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("input", (event) => this.#narrowed(event.target));
    this.onBoard = (event) => this.#apply(event.detail);
    this.onNews = (event) => { if (event.detail.what === "reset") this.#reload(); };
    this.onLine = (event) => {
      if (event.detail.open) this.heard = Date.now();
      showState(event.detail.open ? "live" : "offline", this.heard ?? Date.now());
    };
    document.addEventListener("board", this.onBoard);
    document.addEventListener("operations", this.onNews);
    document.addEventListener("line", this.onLine);
    this.timer = setInterval(() => { if (this.#waiting.size && !this.#held()) this.#settle(); }, 500);
    this.again = setInterval(() => { if (this.querySelector(".speech.urgent")) sound("emergency"); }, AGAIN_MS);
    this.#sound();
    this.#rove();
    this.#count();
    const wished = new URLSearchParams(location.search).get("select");
    if (wished) this.querySelector(`.tile[data-item="${CSS.escape(wished)}"] button`)?.focus();
  }

  disconnectedCallback() {
    document.removeEventListener("board", this.onBoard);
    document.removeEventListener("operations", this.onNews);
    document.removeEventListener("line", this.onLine);
    clearInterval(this.timer);
    clearInterval(this.again);
  }

  /** Says whether sounds are on, where everybody sees it. */
  #sound() {
    const button = this.querySelector("[data-sound]");
    const say = () => {
      button.setAttribute("aria-pressed", String(isOn()));
      button.querySelector("use").setAttribute("href", button.querySelector("use").getAttribute("href").replace(/#.*/, isOn() ? "#volume-2" : "#volume-x"));
      button.querySelector("span").textContent = isOn() ? t("Sound") : t("Sound is off");
    };
    button?.addEventListener("click", () => turn(!isOn()));
    document.addEventListener("sound", say);
    if (button) say();
  }

  /** Somebody has a hand on the board: their pointer moves over it, or their focus is in it. */
  #held() {
    const focus = document.activeElement;
    return Date.now() - this.#moved < HELD_MS || (focus?.closest?.("[data-item]") && this.contains(focus)) || document.querySelector("dialog[open]") !== null;
  }

  #apply({ incidents, units, gone, speech }) {
    for (const put of incidents) this.#take("incidents", put);
    for (const put of units) this.#take("units", put);
    for (const id of gone) this.#leave(id);
    if (speech !== null) {
      const list = this.querySelector("[data-speech]");
      if (list) {
        const held = list.contains(document.activeElement) ? document.activeElement.dataset.answers : "";
        list.innerHTML = speech;
        if (held) list.querySelector(`[data-answers="${CSS.escape(held)}"]`)?.focus();
      }
    }
    this.#later();
    this.#count();
  }

  #board(name) {
    return this.querySelector(`[data-board="${name}"]`);
  }

  #item(board, id) {
    return board?.querySelector(`[data-item="${CSS.escape(id)}"]`);
  }

  #take(name, put) {
    const board = this.#board(name);
    if (!board) return;
    const made = drawn(put);
    const there = this.#item(board, put.id);
    this.#narrowOne(made);
    if (there && (name === "units" || there.dataset.group === put.group) && there.dataset.rank === made.dataset.rank) {
      swap(there, made);
      this.#waiting.delete(put.id);
    } else if (there && this.#held()) {
      made.dataset.group = there.dataset.group; // it stays where it is seen, and says what it is now
      made.dataset.rank = there.dataset.rank;
      made.classList.add("moves");
      swap(there, made);
      this.#waiting.set(put.id, { board, put });
    } else if (this.#held() && name === "incidents") this.#waiting.set(put.id, { board, put });
    else this.#place(board, put, made);
  }

  #leave(id) {
    for (const board of this.querySelectorAll("[data-board]")) {
      const there = this.#item(board, id);
      if (!there) continue;
      if (this.#held()) {
        there.classList.add("leaves");
        this.#waiting.set(id, { board, gone: true });
      } else there.remove();
    }
    if (!this.#waiting.get(id)?.gone) this.#waiting.delete(id);
  }

  /** Where it belongs by its rank. */
  #place(board, put, made) {
    const list = board.querySelector(`[data-group="${CSS.escape(put.group)}"]:not([data-item])`);
    this.#item(board, put.id)?.remove();
    if (!list) return void this.#reload(); // an agency that had no units
    made.classList.add("arrives");
    const next = [...list.children].find((one) => compare(one.dataset.rank, made.dataset.rank) > 0);
    list.insertBefore(made, next ?? null);
    this.#rove();
  }

  #settle() {
    const all = [...this.#waiting.entries()];
    this.#waiting.clear();
    for (const [id, { board, put, gone }] of all) {
      if (gone) this.#item(board, id)?.remove();
      else {
        const made = drawn(put);
        this.#narrowOne(made);
        this.#place(board, put, made);
      }
    }
    this.#later();
    this.#count();
  }

  #later() {
    if (!this.shows) return;
    this.shows.hidden = this.#waiting.size === 0;
    this.shows.textContent = n("{n} change waits: show", "{n} changes wait: show", this.#waiting.size);
  }

  #count() {
    for (const place of this.querySelectorAll("[data-counts]")) {
      const list = place.dataset.counts === "speech" ? this.querySelector("[data-speech]") : this.querySelector(`ul[data-group="${CSS.escape(place.dataset.counts)}"]`);
      const count = list?.querySelectorAll("[data-item]:not([hidden], .leaves)").length ?? 0;
      if (place.textContent !== String(count)) place.textContent = count;
    }
    for (const place of this.querySelectorAll("[data-counts-means]")) place.textContent = this.querySelectorAll(`.tile[data-means="${place.dataset.countsMeans}"]`).length;
  }

  async #reload() {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const board of this.querySelectorAll("[data-board], [data-speech]")) {
      const key = board.dataset.board ? `[data-board="${board.dataset.board}"]` : "[data-speech]";
      const fresh = page.querySelector(key);
      const held = document.activeElement?.closest?.("[data-item]")?.dataset.item;
      if (fresh) board.replaceChildren(...fresh.childNodes);
      if (held && !this.contains(document.activeElement)) this.#item(board, held)?.querySelector("a, button")?.focus();
    }
    this.#waiting.clear();
    this.#later();
    for (const item of this.querySelectorAll("[data-item]")) this.#narrowOne(item);
    this.#rove();
    this.#count();
  }

  // What is shown of it.

  #narrowed(field) {
    if (!field.dataset.narrows) return;
    this.#narrow[field.dataset.narrows] = field.value.trim().toLowerCase();
    for (const item of this.querySelectorAll("[data-board] [data-item]")) this.#narrowOne(item);
    this.#rove();
    this.#count();
  }

  #narrowOne(item) {
    const { text = "", type = "", means = "" } = this.#narrow;
    const strip = item.classList.contains("strip");
    item.hidden = (text !== "" && !text.split(/\s+/).every((word) => item.textContent.toLowerCase().includes(word)))
      || (strip && type !== "" && item.dataset.type.toLowerCase() !== type) || (!strip && means !== "" && item.dataset.means !== means);
  }

  // Keys.

  /** One strip of each list is in the order of tabs; arrows go to the others. */
  #rove() {
    for (const list of this.querySelectorAll("[data-board] ul[data-group]")) {
      const all = [...list.querySelectorAll(":scope > [data-item] > :is(a, button)")];
      const shown = all.filter((one) => !one.parentElement.hidden);
      const now = shown.find((one) => one === document.activeElement) ?? shown.find((one) => one.getAttribute("tabindex") === "0") ?? shown[0];
      for (const one of all) one.tabIndex = one === now ? 0 : -1;
    }
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const item = event.target.closest("[data-item]");
    const board = event.target.closest("[data-board]");
    if (event.key === "." && !event.target.matches("input, select")) this.#settle();
    else if (!item || !board) return;
    else if (event.key.startsWith("Arrow") || event.key === "Home" || event.key === "End") this.#step(event.key, item, board);
    else if (/^\d$/.test(event.key) && item.classList.contains("tile")) send(`${item.dataset.item} ${event.key}`);
    else if (event.key === "d" && item.classList.contains("strip")) location.assign(`${item.querySelector("a").getAttribute("href")}/dispatch`);
    else return;
    event.preventDefault();
  }

  #step(key, item, board) {
    const shown = (list) => [...list.querySelectorAll(":scope > [data-item]:not([hidden])")];
    const list = item.parentElement;
    const lists = [...board.querySelectorAll("ul[data-group]")].filter((one) => shown(one).length);
    const mine = shown(list);
    const at = mine.indexOf(item);
    let next = null;
    if (key === "Home") next = mine[0];
    else if (key === "End") next = mine.at(-1);
    else if (list.classList.contains("tiles")) next = tileBeside(key, item, lists.flatMap(shown));
    else if (key === "ArrowDown" || key === "ArrowUp") next = mine[at + (key === "ArrowDown" ? 1 : -1)];
    else {
      const other = lists[lists.indexOf(list) + (key === "ArrowRight" ? 1 : -1)];
      next = other && shown(other)[Math.min(at, shown(other).length - 1)];
    }
    const target = next?.querySelector("a, button");
    if (!target) return;
    target.focus();
    this.#rove();
  }

  #click(event) {
    const answers = event.target.closest("[data-answers]");
    if (answers) return void command({ speech: answers.dataset.answers }).catch(refused);
    const unit = event.target.closest("[data-unit]");
    if (unit) return void card(unit.dataset.unit);
    const means = event.target.closest("button[data-narrows]");
    if (!means) return;
    const on = means.getAttribute("aria-pressed") !== "true";
    for (const one of this.querySelectorAll("button[data-narrows]")) one.setAttribute("aria-pressed", String(on && one === means));
    this.#narrowed({ dataset: { narrows: "means" }, value: on ? means.dataset.value : "" });
  }
}
customElements.define("live-board", LiveBoard);

/** The unit above, below or beside, as they stand on the screen. */
function tileBeside(key, item, all) {
  const at = all.indexOf(item);
  if (key === "ArrowLeft" || key === "ArrowRight") return all[at + (key === "ArrowRight" ? 1 : -1)];
  const here = item.getBoundingClientRect();
  const way = key === "ArrowDown" ? 1 : -1;
  const rows = all.map((one) => [one, one.getBoundingClientRect()]).filter(([, box]) => (box.top - here.top) * way > 4);
  rows.sort(([, a], [, b]) => (a.top - b.top) * way || Math.abs(a.left - here.left) - Math.abs(b.left - here.left));
  return rows[0]?.[0];
}

function drawn(put) {
  const place = document.createElement("template");
  place.innerHTML = put.html; // our own server drew it
  const made = place.content.firstElementChild;
  made.dataset.rank = put.rank;
  return made;
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Takes the place of a strip, and its focus. */
function swap(there, made) {
  const old = there.querySelector(":scope > :is(a, button)");
  const fresh = made.querySelector(":scope > :is(a, button)");
  if (old && fresh) fresh.tabIndex = old.tabIndex;
  const held = there.contains(document.activeElement);
  there.replaceWith(made);
  if (held) fresh?.focus();
}

function send(line) {
  command({ line }).catch(refused);
}

async function card(unit) {
  const dialog = document.getElementById("unit-card");
  const answer = await fetch(`/units/${encodeURIComponent(unit)}/card`, { credentials: "same-origin" });
  if (!answer.ok) return;
  dialog.innerHTML = await answer.text();
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[aria-pressed=true]") ?? dialog.querySelector("[data-status]") ?? dialog.querySelector("button"))?.focus();
}

const dialog = document.getElementById("unit-card");
dialog?.addEventListener("click", (event) => {
  const digit = event.target.closest("[data-status]");
  if (digit) command({ line: `${digit.dataset.of} ${digit.dataset.status}` }).then(() => dialog.close(), refused);
});
dialog?.addEventListener("keydown", (event) => {
  const button = /^\d$/.test(event.key) && dialog.querySelector(`[data-status="${event.key}"]`);
  if (button) button.click();
});
