// Alerts on every screen: a count in the navigation, a toast when one is raised, and a sound for who has switched it on.
// What happens in the command centre comes on the same line; the document hears of it as "operations", with the news as its
// detail, and of {what: "reset"} when some of it may have been missed.

import { isOn, sound, turn } from "./sounds.js";
import { toast } from "./toast.js";
import { figure } from "./words.js";

const SEVERITIES = ["info", "minor", "major", "critical"];
const LATER_MS = 30_000; // a page that is not looked at lets its line go, so that many tabs do not use up the browser's
const count = document.getElementById("waiting");
const follows = document.querySelector(".rail[data-follows]") !== null;
let source = null;
let leaving = 0;

function show(counts) {
  const total = SEVERITIES.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0);
  const worst = SEVERITIES.findLastIndex((severity) => counts[severity]) + 1;
  count.textContent = figure(total);
  count.hidden = total === 0;
  count.className = `waiting s${worst}`;
}

document.addEventListener("alert", ({ detail: { what, alert, counts } }) => {
  if (count) show(counts);
  if (what !== "raised" || alert.snoozedMs > Date.now()) return;
  if (alert.state >= 2) toast(alert.title, { state: alert.state, detail: alert.name, href: `/alerts/${encodeURIComponent(alert.id)}` });
  if (alert.state >= 3) sound(alert.state === 4 ? "critical" : "major");
});

// A new incident, and a unit that wants to speak; a drill says so on the screen, it is heard like anything else.
document.addEventListener("operations", ({ detail: { what, detail } }) => {
  if (what === "incident.reported") sound("incident");
  else if (what === "unit.speech") sound(detail.urgent ? "emergency" : "speech");
});

const box = document.getElementById("sound");
if (box) {
  box.checked = isOn();
  box.addEventListener("change", () => turn(box.checked));
  document.addEventListener("sound", ({ detail }) => { box.checked = detail.on; });
}

function follow() {
  clearTimeout(leaving);
  if (source) return;
  const board = document.querySelector("[data-board-mark]"); // it is sent what changes on it, from when it was drawn
  const mark = board?.dataset.boardMark ?? "";
  source = new EventSource(`/web/live?${new URLSearchParams({ only: "alerts", ...(board ? { boards: 1, mark } : {}) })}`);
  source.addEventListener("board", (event) => document.dispatchEvent(new CustomEvent("board", { detail: JSON.parse(event.data) })));
  source.addEventListener("alert", (event) => document.dispatchEvent(new CustomEvent("alert", { detail: JSON.parse(event.data) })));
  source.addEventListener("operations", (event) => tell(JSON.parse(event.data)));
  source.addEventListener("reset", () => tell({ what: "reset" }));
  if (!mark) source.addEventListener("open", () => tell({ what: "reset" }), { once: true }); // between the page and its line something may have happened
  if (board) board.dataset.boardMark = "";
  for (const state of ["open", "error"]) source.addEventListener(state, () => document.dispatchEvent(new CustomEvent("line", { detail: { open: state === "open" } })));
  source.addEventListener("over", () => location.reload());
}

function tell(news) {
  document.dispatchEvent(new CustomEvent("operations", { detail: news }));
}

function leave() {
  source?.close();
  source = null;
}

// A screen that follows the city itself hears of alerts on the same line.
if ((count || follows) && !document.querySelector("city-situation, city-overview")) {
  follow();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = document.querySelector("[data-board-mark]") ? 0 : setTimeout(leave, LATER_MS); // a desk goes on hearing
    else follow();
  });
  addEventListener("pagehide", leave);
}
