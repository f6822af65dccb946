// What is done with a line or a key in the command centre, and the ten seconds in which it is taken back.

import { h, icon } from "./dom.js";
import { island, t } from "./words.js";

let bar = null;
let timer = 0;
let last = null; // {deed, untilMs}

/** Does it; an Error with the sentence of the refusal otherwise. `values`: line, or speech. */
export async function command(values) {
  const token = document.querySelector("command-line")?.dataset.csrf ?? island.csrf ?? "";
  const answer = await fetch("/web/command", { method: "POST", body: new URLSearchParams({ _csrf_token: token, ...values }), credentials: "same-origin", headers: { Accept: "application/json" } });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(told.detail || told.title || `HTTP ${answer.status}`), { status: answer.status });
  if (told.opens) location.assign(told.opens);
  else if (told.said) say(told.said, told);
  return told;
}

export function refused(error) {
  say(error.message, { wrong: true });
}

/** Takes back what was done last. */
export async function undo() {
  if (!last || Date.now() > last.untilMs) return say(t("There is nothing to take back."), {});
  const { deed } = last;
  last = null;
  try {
    await command({ undo: deed });
  } catch (error) {
    refused(error);
  }
}

/** The bar at the bottom: what was done, and for how long it is taken back. */
export function say(text, { deed = 0, untilMs = 0, wrong = false } = {}) {
  bar ??= document.body.appendChild(h("div", { class: "deed", role: "status", "aria-live": "polite" }));
  clearInterval(timer);
  last = deed ? { deed, untilMs } : null;
  const left = h("b", { "aria-hidden": "true" });
  const back = deed ? h("button", { type: "button", class: "button", onclick: undo }, icon("undo-2"), t("Take back"), " ", left) : null;
  bar.replaceChildren(icon(wrong ? "circle-alert" : "check"), h("span", {}, text), ...(back ? [back] : []));
  bar.classList.toggle("wrong", wrong);
  bar.hidden = false;
  const until = deed ? untilMs : Date.now() + (wrong ? 12_000 : 5_000);
  const tick = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    left.textContent = String(Math.max(0, seconds));
    if (seconds > 0 || bar.contains(document.activeElement)) return;
    clearInterval(timer);
    bar.hidden = true;
    last = null;
  };
  tick();
  timer = setInterval(tick, 250);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || !last || event.target.closest("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  undo();
});
