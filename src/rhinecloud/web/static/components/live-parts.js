/* Parts of a page that are fetched anew when something happens in the command centre.

   A part is an element that htmx fetches on the event "news", and that says what concerns it:

     <section id="log" hx-get="/incidents/17/log?part=1" hx-trigger="news" hx-swap="outerHTML"
              data-news="log. incident." data-incident="01J…">

   `data-news`: beginnings of the names of news, divided by blanks. `data-incident`: only news of this incident; left out, of
   any. Somebody who types or ticks in a part is not disturbed: it is fetched once they are done, or when they ask for it. */

import { h, icon } from "./dom.js";
import { t } from "./words.js";

const EVERY_MS = 300;
const last = new Map(); // id → when it was fetched
const waiting = new Map(); // id → timer

function concerns(part, news) {
  if (news.what === "reset") return true;
  if (part.dataset.incident && news.incident !== part.dataset.incident) return false;
  return part.dataset.news.split(" ").some((beginning) => beginning && news.what.startsWith(beginning));
}

/** Somebody is at work in it: the focus is in a field, a field is other than it came, a form is opened. */
function busy(part) {
  if (part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select")) return true;
  if ([...part.querySelectorAll("details[open]:not(.menu)")].some((opened) => opened.querySelector("form"))) return true;
  return [...part.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue);
}

/** Says that there is something newer, as long as the part waits for who is at work in it. */
function wait(part) {
  part.dataset.behind = "";
  if (part.querySelector(":scope > .behind")) return;
  const show = () => fetchAnew(part.id, true);
  part.prepend(h("p", { class: "behind", role: "status" }, h("button", { type: "button", class: "button small", onclick: show }, icon("refresh-cw"), t("Something is new here: show"))));
}

function fetchAnew(id, forced = false) {
  waiting.delete(id);
  const part = document.getElementById(id);
  if (!part) return;
  if (document.hidden) {
    part.dataset.behind = "";
    return;
  }
  if (busy(part) && !forced) {
    wait(part);
    return;
  }
  if (forced) part.dataset.forced = "";
  delete part.dataset.behind;
  last.set(id, Date.now());
  globalThis.htmx?.trigger(part, "news");
}

function soon(part) {
  if (waiting.has(part.id)) return;
  // At once the first time; a burst is one fetch, and many screens do not ask in the same instant.
  const wait = Math.max(0, (last.get(part.id) ?? 0) + EVERY_MS - Date.now()) + Math.random() * 60;
  waiting.set(part.id, setTimeout(fetchAnew, wait, part.id));
}

document.addEventListener("operations", ({ detail: news }) => {
  for (const part of document.querySelectorAll("[data-news][id]")) if (concerns(part, news)) soon(part);
});

// Who began while the newer part was on its way is not disturbed either.
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!(part instanceof HTMLElement) || !part.dataset.news || "forced" in part.dataset || !busy(part)) return;
  event.detail.shouldSwap = false;
  wait(part);
});

const behind = () => {
  for (const part of document.querySelectorAll("[data-behind]")) soon(part);
};
document.addEventListener("focusout", () => setTimeout(behind, 0));
document.addEventListener("visibilitychange", () => { if (!document.hidden) behind(); });
