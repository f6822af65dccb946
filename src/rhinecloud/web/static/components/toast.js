// Toasts: short news at the edge of the screen. They go by themselves, but not while they are read, and never the gravest.

import { h, icon as drawn } from "./dom.js";
import { shape } from "./shapes.js";
import { t } from "./words.js";

const MOST = 4;
const STAY_MS = 9_000;

function place() {
  let found = document.querySelector(".toasts");
  if (!found) {
    found = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
    document.body.append(found);
  }
  return found;
}

/** Shows a sentence; `href` makes it a door. */
export function toast(text, { icon = "", state = 0, detail = "", href = "" } = {}) {
  const close = h("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: () => made.remove() }, drawn("x"));
  const body = [h("strong", {}, text), detail ? h("span", {}, detail) : null];
  const made = h("div", { class: `toast${state ? ` s${state}` : ""}` }, state ? shape(state) : icon ? drawn(icon) : null, href ? h("a", { class: "said", href }, body) : h("div", { class: "said" }, body), close);
  const all = place();
  all.append(made);
  while (all.children.length > MOST) all.firstElementChild.remove();
  if (state < 4) {
    let timer = setTimeout(() => made.remove(), STAY_MS);
    const hold = () => clearTimeout(timer);
    const go = () => {
      hold();
      timer = setTimeout(() => made.remove(), STAY_MS / 3);
    };
    made.addEventListener("mouseenter", hold);
    made.addEventListener("focusin", hold);
    made.addEventListener("mouseleave", go);
    made.addEventListener("focusout", go);
  }
  return made;
}
