// <unanswered-alarms>: how many alarms a unit declined or did not answer wait for somebody; nothing where there are none.

import { h, icon, load } from "./dom.js";
import { n } from "./words.js";

class UnansweredAlarms extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.onNews = ({ detail }) => {
      if (/^(escalation\.|reset$)/.test(detail.what)) this.#soon();
    };
    document.addEventListener("operations", this.onNews);
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("operations", this.onNews);
    clearTimeout(this.timer);
  }

  #soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#show(), 150);
  }

  async #show() {
    const { count } = await load("/web/escalations").catch(() => ({ count: 0 }));
    const said = n("{n} alarm without an answer", "{n} alarms without an answer", count);
    this.replaceChildren(...(count ? [h("a", { class: "button grave", href: "/command/escalations" }, icon("bell-ring"), said)] : []));
  }
}
customElements.define("unanswered-alarms", UnansweredAlarms);
