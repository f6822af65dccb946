// Forms with dates ([data-local-times]): a day of the city becomes the instant at which it begins; the last day is in it.

import { island } from "./words.js";

const DAY = 86_400_000;

function instant(day, plus = 0) {
  const wall = `${day}T00:00:00`;
  let guess = Date.parse(`${wall}Z`) + plus;
  for (let round = 0; round < 2; round++) guess += Date.parse(`${wall}Z`) + plus - Date.parse(`${local(guess)}Z`);
  return new Date(guess).toISOString();
}

function local(ms) {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: island.timezone, dateStyle: "short", timeStyle: "medium" }).format(ms).replace(" ", "T");
}

for (const form of document.querySelectorAll("[data-local-times]")) {
  const { start, end } = form.elements;
  end.value = local(Date.now()).slice(0, 10);
  start.value = local(Date.now() - 7 * DAY).slice(0, 10);
  form.addEventListener("formdata", ({ formData }) => {
    formData.set("start", instant(start.value));
    formData.set("end", instant(end.value, DAY));
  });
}
