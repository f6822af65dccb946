// What every page does: keys, menus, the clock, ages, copying. Works on what the server rendered; nothing here is needed to read it.

import "./bell.js";
import { age, island, moment } from "./words.js";

const GO = Object.fromEntries([...document.querySelectorAll("[data-go]")].map((a) => [a.dataset.go, a.href]));
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return closeMenus(event);
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  if (going && Date.now() - going < 1500 && GO[event.key]) {
    event.preventDefault();
    location.assign(GO[event.key]);
  } else if (event.key === "g") going = Date.now();
  else if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
    document.getElementById("search")?.select();
  } else if (event.key === "?") document.getElementById("keys")?.showModal();
});

/** Esc closes the topmost thing that is open, and gives the focus back. */
function closeMenus(event) {
  const open = [...document.querySelectorAll("details.menu[open]")];
  for (const menu of open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  const rail = document.querySelector(".rail.open");
  rail?.classList.remove("open");
  if (open.length || rail) event.preventDefault();
  else if (event.target.id === "search") {
    if (event.target.value) {
      event.target.value = "";
      event.target.dispatchEvent(new Event("input", { bubbles: true }));
    } else event.target.blur();
    event.preventDefault();
  }
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    const target = document.getElementById(opener.dataset.opens);
    if (target instanceof HTMLDialogElement) target.showModal();
    else {
      target.classList.toggle("open");
      opener.setAttribute("aria-expanded", String(target.classList.contains("open")));
    }
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard?.writeText(document.getElementById(copier.dataset.copy).textContent.trim());
});

// A choice of language, mood or the like comes back to the same view, not only to the same page.
document.addEventListener("submit", (event) => {
  const next = event.target.elements?.namedItem("next");
  if (event.target.action.endsWith("/choose") && next?.value === location.pathname) next.value += location.search;
});

// A choice is a form that sends itself; without script its button does.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-sends]")) event.target.form.requestSubmit();
});

class RelativeTime extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => { this.textContent = age(Number(this.getAttribute("ms"))); }, 10_000);
  }
  disconnectedCallback() {
    clearInterval(this.timer);
  }
}
customElements.define("relative-time", RelativeTime);

const clock = document.getElementById("clock");
if (clock) {
  const show = () => {
    const now = island.at ? Date.parse(island.at) : Date.now();
    clock.querySelector(".date").textContent = moment(now, "day");
    clock.querySelector("strong").textContent = moment(now, "time");
  };
  show();
  setInterval(show, 5_000);
  document.addEventListener("moment", show);
}

// The moment to look at: a local time of the city becomes an instant.
const when = document.getElementById("when");
when?.addEventListener("submit", (event) => {
  event.preventDefault();
  const { day, time } = when.elements;
  const at = instant(`${day.value}T${time.value.padStart(5, "0")}`);
  when.closest("dialog")?.close();
  document.dispatchEvent(new CustomEvent("when", { detail: { ms: Date.parse(at) } }));
});

/** The instant of a wall-clock time in the city's zone. */
function instant(wall) {
  let guess = Date.parse(`${wall}Z`);
  for (let round = 0; round < 2; round++) guess += Date.parse(`${wall}Z`) - Date.parse(`${local(guess)}Z`);
  return new Date(guess).toISOString().replace(".000Z", "Z");
}

function local(ms) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: island.timezone, dateStyle: "short", timeStyle: "medium" }).format(ms);
  return parts.replace(" ", "T");
}
if (when) {
  // A field of its own for the time: a browser's field for both would show 12 hours wherever the browser speaks American.
  const { day, time } = when.elements;
  day.max = local(Date.now()).slice(0, 10);
  [day.value, time.value] = local(island.at ? Date.parse(island.at) : Date.now() - 3_600_000).slice(0, 16).split("T");
}

// Where tabs do not fit side by side, the current one is in sight.
for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
  const bar = tab.parentElement;
  bar.scrollLeft = tab.offsetLeft - bar.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}
