// <sign-palette>: tactical signs to choose from, by group, found by typing. Says "choose" {key, label}.

import { h, load } from "./dom.js";
import { island, t } from "./words.js";

let known = null;

/** All signs of the catalogue, read once. */
export function signs() {
  known ??= load("/web/signs");
  return known;
}

export function signImage(key, label = "", className = "sign") {
  return h("img", { class: className, src: `/web/signs/${encodeURIComponent(key)}?lang=${island.language}`, alt: label, width: 50, height: 40, loading: "lazy" });
}

class SignPalette extends HTMLElement {
  async connectedCallback() {
    if (this.search) return;
    this.search = h("input", { type: "search", placeholder: t("Find a sign"), "aria-label": t("Find a sign"), autocomplete: "off" });
    this.grid = h("div", { class: "palette" });
    this.append(this.search, this.grid);
    this.search.addEventListener("input", () => this.#show());
    this.search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.grid.querySelector("button")?.click();
    });
    this.all = await signs().catch(() => []);
    this.#show();
  }

  #show() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = this.all.filter((sign) => words.every((word) => `${sign.label} ${sign.group} ${sign.key}`.toLowerCase().includes(word)));
    const groups = [...new Set(found.map((sign) => sign.group))];
    this.grid.replaceChildren(...(found.length ? groups.map((group) => h("section", {}, h("h3", {}, group),
      h("ul", {}, found.filter((sign) => sign.group === group).map((sign) => h("li", {}, this.#button(sign))))))
      : [h("p", { class: "quiet" }, t("No sign is called so."))]));
  }

  #button(sign) {
    const chosen = () => this.dispatchEvent(new CustomEvent("choose", { detail: { key: sign.key, label: sign.label } }));
    return h("button", { type: "button", onclick: chosen, title: sign.label }, signImage(sign.key), h("span", {}, sign.label));
  }
}

customElements.define("sign-palette", SignPalette);
