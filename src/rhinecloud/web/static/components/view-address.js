// The address says what is seen, so that it can be sent to somebody: the view in its query, the map's place after the @.

import { words } from "./things.js";
import { STATES, island } from "./words.js";

/** What the address asks for. */
export function fromAddress() {
  const query = new URLSearchParams(location.search);
  return {
    selected: query.get("select"),
    placed: location.href.includes("@"),
    search: query.get("q") ?? "",
    words: words(query.get("q") ?? ""),
    states: new Set((query.get("states") ?? "").split(",").filter(Boolean).map(Number).filter((s) => s in STATES)),
    sort: query.get("sort") ?? "state",
    layers: query.has("layers") ? new Set(query.get("layers").split(",")) : null,
    district: query.get("district"),
    list: query.get("list") ?? (["q", "sort", "states"].some((name) => query.get(name)) ? "things" : ""),
  };
}

/** Writes what is seen: the selection, `pick` (see picked.js), the list that was chosen, and the map's view. */
export function toAddress({ selected, pick, list, view }) {
  if (!view) return;
  const query = new URLSearchParams();
  if (island.at) query.set("at", island.at);
  if (selected) query.set("select", selected);
  if (pick.words.length) query.set("q", pick.words.join(" "));
  if (pick.states.size) query.set("states", [...pick.states].join(","));
  if (pick.area) query.set("district", pick.area.name);
  if (pick.sort !== "state") query.set("sort", pick.sort);
  if (list) query.set("list", list);
  if (pick.layersChosen) query.set("layers", pick.layers.join(","));
  const text = query.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  history.replaceState(null, "", `/situation?${text}${text ? "&" : ""}@${view}`);
}
