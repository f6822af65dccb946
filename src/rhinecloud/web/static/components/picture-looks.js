// How drawings look: colours and hatches by kind, and the marks that run along lines.

// How each kind of drawing looks: colour token of the style, hatch, dash, ticks or arrow heads.
export const LOOKS = {
  hazard: { colour: "critical", fill: 0.14, hatch: true },
  damage: { colour: "major", fill: 0.16 },
  section: { colour: "text", fill: 0.03, dash: [14, 5, 3, 5] },
  evacuation: { colour: "major", fill: 0.12, hatch: true, dash: [10, 6] },
  staging: { colour: "good", fill: 0.16 },
  collection: { colour: "good", fill: 0.16 },
  cordon: { colour: "critical", fill: 0.05, ticks: true },
  route: { colour: "accent", arrows: true, wide: 4 },
  dike: { colour: "minor", wide: 3, teeth: true },
  hose: { colour: "info", dash: [2, 7], wide: 4 },
  area: { colour: "accent", fill: 0.1 },
};
export const PLAIN = { colour: "accent", fill: 0.1 };

/** Where a drawing's sign and words stand: its point, the middle of its line, the middle of its area's box. */
export function middle(geometry) {
  if (geometry.type === "Point") return geometry.coordinates;
  if (geometry.type === "LineString") return geometry.coordinates[Math.floor((geometry.coordinates.length - 1) / 2)];
  const ring = geometry.coordinates[0];
  const [lons, lats] = [ring.map((p) => p[0]), ring.map((p) => p[1])];
  return [(Math.min(...lons) + Math.max(...lons)) / 2, (Math.min(...lats) + Math.max(...lats)) / 2];
}

/** Calls `mark(x, y, angle)` every so many pixels along a line; `end` also at its end. */
export function along(points, every, mark, end = false) {
  let walked = every / 2;
  for (let i = 1; i < points.length; i++) {
    const [[ax, ay], [bx, by]] = [points[i - 1], points[i]];
    const length = Math.hypot(bx - ax, by - ay);
    const angle = Math.atan2(by - ay, bx - ax);
    if (length > 20_000) return; // far beyond the screen
    while (walked < length) {
      mark(ax + ((bx - ax) * walked) / length, ay + ((by - ay) * walked) / length, angle);
      walked += every;
    }
    walked -= length;
    if (end && i === points.length - 1) mark(bx, by, angle);
  }
}

export function arrow(pen, x, y, angle, size) {
  pen.beginPath();
  pen.moveTo(x + Math.cos(angle) * size, y + Math.sin(angle) * size);
  pen.lineTo(x + Math.cos(angle + 2.5) * size, y + Math.sin(angle + 2.5) * size);
  pen.lineTo(x + Math.cos(angle - 2.5) * size, y + Math.sin(angle - 2.5) * size);
  pen.closePath();
  pen.fill();
}

export function cross(pen, x, y, angle, size) {
  pen.beginPath();
  for (const turn of [0.785, -0.785]) {
    pen.moveTo(x - Math.cos(angle + turn) * size, y - Math.sin(angle + turn) * size);
    pen.lineTo(x + Math.cos(angle + turn) * size, y + Math.sin(angle + turn) * size);
  }
  pen.stroke();
}

export function tooth(pen, x, y, angle, size) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x + Math.cos(angle - 1.571) * size, y + Math.sin(angle - 1.571) * size);
  pen.stroke();
}
