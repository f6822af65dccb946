// Drawing on the common picture: points, lines and areas by clicking, and another shape for what stands there. By keyboard
// from the middle of the map: arrows move the map, Enter sets a point, Backspace takes it back, Esc ends.

const CLOSE = 14; // pixels to the first point that close an area
const GRAB = 14;

export class Drawing {
  #map;
  #layer;
  #place;
  #held = -1; // the handle that is dragged
  on = { points: () => {}, done: () => {}, cancelled: () => {} };

  constructor(place, map, layer) {
    this.#place = place;
    this.#map = map;
    this.#layer = layer;
    map.on("click", (event) => this.#click(event));
    map.on("mousemove", (event) => this.#move(event));
    map.on("mousedown", (event) => this.#grab(event));
    map.on("touchstart", (event) => event.points.length === 1 && this.#grab(event));
    map.on("touchmove", (event) => this.#held >= 0 && this.#move(event));
    for (const kind of ["mouseup", "touchend"]) map.on(kind, () => this.#drop());
    place.addEventListener("keydown", (event) => this.#key(event), true);
  }

  /** Whether clicks on the map are meant for it. */
  get busy() {
    return this.#layer.sketch !== null || this.#layer.handles !== null;
  }

  /** Begins a new shape: "Point", "LineString" or "Polygon". */
  start(shape) {
    this.stop();
    this.#layer.sketch = { shape, points: [], closed: false, pointer: null };
    this.#place.classList.add("drawing");
    this.#map.doubleClickZoom.disable();
    this.#map.getCanvas().focus();
    this.#changed();
  }

  /** Begins to change the shape of a drawing. */
  reshape(geometry) {
    this.stop();
    const { type, coordinates } = geometry;
    this.#layer.handles = type === "Point" ? [[...coordinates]] : type === "LineString" ? coordinates.map((c) => [...c]) : coordinates[0].slice(0, -1).map((c) => [...c]);
    this.shape = type;
    this.#place.classList.add("reshaping");
    this.#layer.soon();
  }

  stop() {
    this.#layer.sketch = null;
    this.#layer.handles = null;
    this.#held = -1;
    this.#place.classList.remove("drawing", "reshaping");
    this.#map.doubleClickZoom.enable();
    this.#layer.soon();
  }

  undo() {
    const sketch = this.#layer.sketch;
    if (!sketch) return;
    sketch.points.pop();
    this.#changed();
  }

  /** What was drawn, as GeoJSON; null where it is not enough yet. */
  get geometry() {
    const sketch = this.#layer.sketch;
    return sketch ? made(sketch.shape, sketch.points) : this.#layer.handles ? made(this.shape, this.#layer.handles) : null;
  }

  finish() {
    const geometry = this.geometry;
    if (!geometry || !this.#layer.sketch) return;
    this.#layer.sketch.closed = true;
    this.#layer.soon();
    this.on.done(geometry);
  }

  #changed() {
    this.#layer.soon();
    this.on.points(this.#layer.sketch?.points.length ?? 0, this.geometry !== null);
  }

  #click(event) {
    const sketch = this.#layer.sketch;
    if (!sketch || sketch.closed) return;
    const { points, shape } = sketch;
    const near = (point) => {
      const on = point && this.#map.project(point);
      return on && Math.hypot(on.x - event.point.x, on.y - event.point.y) < CLOSE;
    };
    if (shape === "Polygon" && points.length > 2 && near(points[0])) return this.finish();
    if (shape === "LineString" && points.length > 1 && near(points.at(-1))) return this.finish();
    this.#set(event.lngLat);
  }

  #set({ lng, lat }) {
    const sketch = this.#layer.sketch;
    const point = [round(lng), round(lat)];
    const last = sketch.points.at(-1);
    if (last && last[0] === point[0] && last[1] === point[1]) return this.finish(); // Enter twice
    sketch.points.push(point);
    this.#changed();
    if (sketch.shape === "Point") this.finish();
  }

  #move(event) {
    const point = [round(event.lngLat.lng), round(event.lngLat.lat)];
    if (this.#held >= 0) {
      event.preventDefault();
      this.#layer.handles[this.#held] = point;
    } else if (this.#layer.sketch && !this.#layer.sketch.closed) this.#layer.sketch.pointer = point;
    else return;
    this.#layer.soon();
  }

  /** A handle is taken; between two of them a new one comes into being. */
  #grab(event) {
    const { handles } = this.#layer;
    if (!handles) return;
    const at = handles.map((point) => this.#map.project(point));
    const far = (p) => Math.hypot(p.x - event.point.x, p.y - event.point.y);
    let held = at.findIndex((p) => far(p) < GRAB);
    if (held < 0 && this.shape !== "Point") {
      const count = this.shape === "Polygon" ? at.length : at.length - 1;
      for (let i = 0; i < count && held < 0; i++) {
        const next = at[(i + 1) % at.length];
        if (beside(event.point, at[i], next) < GRAB / 2) {
          handles.splice(i + 1, 0, [event.lngLat.lng, event.lngLat.lat]);
          held = i + 1;
        }
      }
    }
    if (held < 0) return;
    event.preventDefault(); // the map stays where it is
    this.#held = held;
  }

  #drop() {
    if (this.#held < 0) return;
    this.#held = -1;
    this.on.points(this.#layer.handles?.length ?? 0, true);
  }

  #key(event) {
    if (event.target.closest("button, input, textarea, select")) return;
    const sketch = this.#layer.sketch;
    if (event.key === "Escape" && this.busy) this.on.cancelled();
    else if (sketch && !sketch.closed && event.key === "Enter") this.#set(this.#map.getCenter());
    else if (sketch && !sketch.closed && event.key === "Backspace") this.undo();
    else if (this.#layer.handles?.length === 1 && event.key === "Enter") {
      const { lng, lat } = this.#map.getCenter();
      this.#layer.handles[0] = [round(lng), round(lat)];
      this.#layer.soon();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

function round(value) {
  return Number(value.toFixed(6));
}

function made(shape, points) {
  if (shape === "Point") return points.length ? { type: "Point", coordinates: points[0] } : null;
  if (shape === "LineString") return points.length > 1 ? { type: "LineString", coordinates: points } : null;
  return points.length > 2 ? { type: "Polygon", coordinates: [[...points, points[0]]] } : null;
}

/** How far a point is from the line between two others, in pixels; far away beyond its ends. */
function beside(p, a, b) {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  if (!length) return Infinity;
  const part = ((p.x - a.x) * dx + (p.y - a.y) * dy) / length;
  if (part < 0.05 || part > 0.95) return Infinity;
  return Math.hypot(p.x - a.x - part * dx, p.y - a.y - part * dy);
}
