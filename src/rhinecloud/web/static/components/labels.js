// Values and names beside the things: which find room, and their pictures.

const NAMES_FROM = 13;
const MOST = 260;
const HALO = 3;
const LINE = 15; // pixels
const LEAST = 20; // pixels; where not even that is free, nothing needs to be measured
const PICTURES = 1_200; // kept; text with a halo is slow to draw, and most labels are the same from one picture to the next
const MAKE = 40; // pictures made for one frame, so that the map moves smoothly; the others come with the next frames
const WIDTHS = 50_000; // kept

export class Labels {
  #pictures = new Map();
  #widths = new Map();

  /** Colours are others. */
  clear() {
    this.#pictures.clear();
  }

  /** Beside what is drawn, the topmost first; a label that would cover something is left out. True: all are there. */
  draw(pen, drawn, { zoom, w, h, ratio, kinds, colours }) {
    const taken = new Boxes();
    for (const { x, y, r } of drawn) taken.put(x - r + 3, y - r + 3, x + r - 3, y + r - 3);
    let [count, made, all] = [0, 0, true];
    for (let i = drawn.length - 1; i >= 0 && count < MOST; i--) {
      const { x, y, thing, chosen } = drawn[i];
      if (!thing || x < 0 || y < 0 || x > w || y > h) continue;
      const label = this.#fitting(pen, taken, drawn[i], kinds[thing.kind], zoom >= NAMES_FROM || chosen);
      if (!label) continue;
      taken.put(label.left, y - label.half, label.left + label.width, y + label.half);
      count += 1;
      if (!this.#pictures.has(label.key) && (made += 1) > MAKE) all = false;
      else {
        const { canvas, height } = this.#picture(label, ratio, colours);
        pen.drawImage(canvas, label.left - HALO, y - height / 2, canvas.width / ratio, height);
      }
    }
    return all;
  }

  /** What there is room for beside a thing: value and name, or the value alone; null: nothing. */
  #fitting(pen, taken, { x, y, thing, chosen }, kind, named) {
    const gap = chosen ? 23 : 18;
    const free = (left, width, half) => taken.free(left, y - half, left + width, y + half);
    if (!chosen && !free(x + gap, LEAST, LINE / 2) && !free(x - gap - LEAST, LEAST, LINE / 2)) return null;
    const told = value(thing, kind);
    const name = thing.name.length > 30 ? `${thing.name.slice(0, 29)}…` : thing.name;
    for (const lines of named ? [[told, name], [told]] : [[told]]) {
      const said = lines.filter(Boolean);
      if (!said.length) continue;
      const key = said.join("\n");
      const width = this.#width(pen, key, said);
      const half = (said.length * LINE) / 2;
      const left = [x + gap, x - gap - width].find((side) => free(side, width, half)) ?? (chosen ? x + gap : null);
      if (left !== null) return { key, lines: said, left, width, half };
    }
    return null;
  }

  #font(at) {
    this.family ??= getComputedStyle(document.documentElement).getPropertyValue("--font") || "sans-serif";
    return `${at === 0 ? 600 : 400} 12px ${this.family}`;
  }

  #width(pen, key, lines) {
    let width = this.#widths.get(key);
    if (width === undefined) {
      const widths = lines.map((line, at) => {
        pen.font = this.#font(at);
        return pen.measureText(line).width;
      });
      width = Math.ceil(Math.max(...widths));
      if (this.#widths.size > WIDTHS) this.#widths.clear();
      this.#widths.set(key, width);
    }
    return width;
  }

  #picture({ key, lines, width }, ratio, colours) {
    let label = this.#pictures.get(key);
    if (label) return label;
    const height = lines.length * LINE + 2 * HALO;
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil((width + 2 * HALO) * ratio);
    canvas.height = Math.ceil(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    Object.assign(pen, { textBaseline: "middle", lineJoin: "round", lineWidth: 3.2, strokeStyle: colours.halo });
    lines.forEach((line, at) => {
      pen.font = this.#font(at);
      pen.fillStyle = at === 0 ? colours.text : colours.label;
      pen.strokeText(line, HALO, HALO + LINE / 2 + at * LINE);
      pen.fillText(line, HALO, HALO + LINE / 2 + at * LINE);
    });
    label = { canvas, height: canvas.height / ratio };
    if (this.#pictures.size > PICTURES) this.#pictures.clear();
    this.#pictures.set(key, label);
    return label;
  }
}

function value(thing, kind) {
  if (thing.number !== null) return thing.said(kind) + (kind.unit ? ` ${kind.unit}` : "");
  return thing.text.length > 2 ? thing.said(kind).slice(0, 24) : thing.text; // who knows the digits of a status needs no words
}

/** Places on the screen that are taken, found by cells of 64 pixels. */
class Boxes {
  #cells = new Map();

  #each(left, top, right, bottom, act) {
    for (let cx = left >> 6; cx <= right >> 6; cx++) for (let cy = top >> 6; cy <= bottom >> 6; cy++) if (act(cx * 4096 + cy)) return true;
    return false;
  }

  put(left, top, right, bottom) {
    const box = [left, top, right, bottom];
    this.#each(left, top, right, bottom, (key) => {
      const found = this.#cells.get(key);
      if (found) found.push(box);
      else this.#cells.set(key, [box]);
    });
  }

  free(left, top, right, bottom) {
    const meets = ([l, t, r, b]) => l < right && r > left && t < bottom && b > top;
    return !this.#each(left, top, right, bottom, (key) => this.#cells.get(key)?.some(meets));
  }
}
