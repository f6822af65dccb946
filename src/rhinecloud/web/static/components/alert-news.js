// <alert-news>: says how many alerts came since the list was loaded; the list itself does not move under the finger.
// Also the boxes of the list: one for all, and a button that is there when something is ticked.

import { h, icon } from "./dom.js";
import { n } from "./words.js";

const lists = new Set();

class AlertNews extends HTMLElement {
  #new = new Set();

  connectedCallback() {
    lists.add(this);
    this.setAttribute("role", "status");
  }

  disconnectedCallback() {
    lists.delete(this);
  }

  tell(news) {
    if (news.what !== "raised") return;
    this.#new.add(news.alert?.id ?? news.id);
    const again = new URL(location.href);
    again.searchParams.delete("page");
    this.replaceChildren(h("a", { class: "button", href: again.pathname + again.search }, icon("bell"), n("{n} new alert: show", "{n} new alerts: show", this.#new.size)));
  }
}
customElements.define("alert-news", AlertNews);

// The page hears of alerts on one line, for the navigation and for this list alike; see bell.js.
document.addEventListener("alert", (event) => {
  for (const list of lists) list.tell(event.detail);
});

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches("[data-ticks]")) {
    for (const box of target.form.querySelectorAll(`input[name^="${target.dataset.ticks}"]`)) box.checked = target.checked;
  }
  if (target.form) ready(target.form);
});

/** The button of a form is for what is ticked. */
function ready(form) {
  const button = form.querySelector("[data-needs-tick]");
  if (button) button.disabled = !form.querySelector('tbody input[type="checkbox"]:checked');
}
const all = () => document.querySelectorAll("form").forEach(ready);
document.addEventListener("htmx:afterSwap", all);
all();
