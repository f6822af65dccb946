// Words, figures and times in the language of the page. The page says them in a data block, `#island`.

const block = document.getElementById("island");
export const island = block ? JSON.parse(block.textContent) : { language: document.documentElement.lang || "en", timezone: "UTC", words: {} };
// British English: the day before the month, as here.
const language = island.language === "en" ? "en-GB" : island.language;

/** The text in the language of the page. Every text stands in translations/de.po; a test compares. */
export function t(text, values = {}) {
  const said = island.words[text] ?? text;
  return said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** One or many; `{n}` stands for the number. */
export function n(one, many, number, values = {}) {
  return t(number === 1 ? one : many, { n: figure(number), ...values });
}

const formats = new Map();

/** A figure as people of that language write it. */
export function figure(value, decimals = null) {
  if (value === null || value === undefined) return "–";
  if (!formats.has(decimals)) {
    const options = decimals === null ? { maximumFractionDigits: 3 } : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    formats.set(decimals, new Intl.NumberFormat(language, options));
  }
  return formats.get(decimals).format(value);
}

const zone = { timeZone: island.timezone, hourCycle: "h23" }; // 24 hours in every language
const moments = {
  full: new Intl.DateTimeFormat(language, { ...zone, day: "2-digit", month: "2-digit", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  short: new Intl.DateTimeFormat(language, { ...zone, day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit" }),
  time: new Intl.DateTimeFormat(language, { ...zone, hour: "2-digit", minute: "2-digit" }),
  day: new Intl.DateTimeFormat(language, { ...zone, weekday: "short", day: "2-digit", month: "2-digit" }),
  date: new Intl.DateTimeFormat(language, { ...zone, day: "2-digit", month: "2-digit" }),
};

/** An instant in the city's time zone. `form`: full, short, time, day, date. */
export function moment(ms, form = "full") {
  return moments[form].format(ms);
}

const relative = new Intl.RelativeTimeFormat(language, { numeric: "always", style: "short" });

/** How long ago, in few words. */
export function age(ms, now = island.at ? Date.parse(island.at) : Date.now()) {
  if (ms === null || ms === undefined) return "–";
  const seconds = Math.round((ms - now) / 1000);
  if (Math.abs(seconds) < 5) return t("just now");
  for (const [unit, length] of [["day", 86400], ["hour", 3600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return relative.format(seconds, "second");
}

export const STATES = [t("Normal"), t("Notice"), t("Minor"), t("Major"), t("Critical")];

const FLAGS = [
  [1, t("not declared")], [2, t("of another type than declared")], [4, t("outside what is possible here")], [8, t("unchanged for too long")],
  [16, t("jumped faster than such a thing changes")], [32, t("came late")], [64, t("came twice")], [128, t("dated in the future")], [256, t("estimated by the source")],
];

/** What quality checking found, in words; empty where it found nothing. */
export function quality(flags) {
  return FLAGS.filter(([bit]) => flags & bit).map(([, word]) => word);
}

/** Flags that make a figure doubtful: an undeclared, late or repeated one is not. */
export function doubtful(flags) {
  return (flags & (2 | 4 | 8 | 16 | 128)) !== 0;
}
