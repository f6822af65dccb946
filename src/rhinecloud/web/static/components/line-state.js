// The word at the top that says whether what is shown is live, late, without a line, or past.

import { moment, t } from "./words.js";

/** `state`: live, stale, offline, past; `heard`: when the line last spoke, ms. */
export function showState(state, heard) {
  const place = document.getElementById("live");
  if (!place) return;
  place.dataset.state = state;
  place.querySelector(".word").textContent = { live: t("Live"), stale: t("Delayed"), offline: t("Offline"), past: t("Past") }[state];
  place.title = {
    live: t("Changes arrive as they happen"),
    stale: t("Nothing was heard for a while; what is shown may be old"),
    offline: t("No connection; what is shown is as of {time}", { time: heard ? moment(heard) : "–" }),
    past: t("A moment of the past is shown"),
  }[state];
}
