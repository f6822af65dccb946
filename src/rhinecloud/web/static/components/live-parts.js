/* Parts of a page that are fetched anew when something happens in the command centre.

   A part is an element that htmx fetches on the event "news", and that says what concerns it:

     <section id="log" hx-get="/incidents/17/log?part=1" hx-trigger="news" hx-swap="outerHTML"
              data-news="log. incident." data-incident="01J…">

   `data-news`: beginnings of the names of news, divided by blanks. `data-incident`: only news of this incident; left out, of
   any. Somebody who types into a part is not disturbed: it is fetched once they have left it. */

const EVERY_MS = 300;
const last = new Map(); // id → when it was fetched
const waiting = new Map(); // id → timer

function concerns(part, news) {
  if (news.what === "reset") return true;
  if (part.dataset.incident && news.incident !== part.dataset.incident) return false;
  return part.dataset.news.split(" ").some((beginning) => beginning && news.what.startsWith(beginning));
}

const typed = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");

function fetchAnew(id) {
  waiting.delete(id);
  const part = document.getElementById(id);
  if (!part || document.hidden || typed(part)) {
    if (part) part.dataset.behind = "";
    return;
  }
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

const behind = () => {
  for (const part of document.querySelectorAll("[data-behind]")) soon(part);
};
document.addEventListener("focusout", () => setTimeout(behind, 0));
document.addEventListener("visibilitychange", () => { if (!document.hidden) behind(); });
