// The card of layers on the map: which kinds there are, how many of each, and the legend of the five states.

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { STATES, figure } from "./words.js";

/** Fills the card. `toggled(name, on)` is called when a layer is switched; what has the focus keeps it. */
export function showLayers(card, picked, toggled) {
  const counts = picked.byKind();
  const told = JSON.stringify([counts, [...picked.off]]);
  if (card.dataset.told === told) return;
  card.dataset.told = told;
  const focused = card.contains(document.activeElement) ? document.activeElement.value : null;
  const rows = picked.kinds.map((kind, at) => [kind, counts[at]]).filter(([, count]) => count > 0).map(([kind, count]) => {
    const box = h("input", { type: "checkbox", value: kind.name, onchange: () => toggled(kind.name, box.checked) });
    box.checked = !picked.off.has(kind.name);
    return h("li", {}, h("label", {}, box, icon(kind.icon), kind.plural, h("span", { class: "count" }, figure(count))));
  });
  card.querySelector("ul").replaceChildren(...rows);
  if (focused) card.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
  const legend = card.querySelector(".legend");
  if (!legend.children.length) legend.append(...STATES.map((word, state) => h("span", {}, shape(state), word)));
}
