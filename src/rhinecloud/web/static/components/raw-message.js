// <raw-message>: a button that shows the message an observation was read from, as it came in.

import { h, icon, load } from "./dom.js";
import { t } from "./words.js";

class RawMessage extends HTMLElement {
  connectedCallback() {
    this.replaceChildren(h("button", { type: "button", class: "button plain small", onclick: () => this.#show() }, icon("file-text"), t("Raw message")));
  }

  async #show() {
    const asked = { id: this.getAttribute("entity"), attr: this.getAttribute("attr"), dataset: this.getAttribute("dataset"), at: this.getAttribute("at") };
    const raw = await load("/web/raw", asked).catch((error) => ({ subject: "", text: error.message }));
    const dialog = h("dialog", { class: "wide", "aria-label": t("Raw message") },
      h("button", { type: "button", class: "icon-button close", "aria-label": t("Close"), onclick: () => dialog.close() }, icon("x")),
      h("h2", {}, t("Raw message")), h("p", { class: "quiet mono" }, raw.subject), h("pre", { class: "raw", tabindex: "0" }, raw.text));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }
}
customElements.define("raw-message", RawMessage);
