// Cards of the common picture: what is known of a drawing, a unit, an incident; and the form of a drawing.

import { h, icon } from "./dom.js";
import { shape } from "./shapes.js";
import { signImage } from "./sign-palette.js";
import { age, moment, t } from "./words.js";

const WORK = () => ({
  reserved: t("reserved"), alerted: t("alerted"), sent: t("alarm sent"), received: t("alarm received"), read: t("alarm read"), accepted: t("accepted"),
});

function head(title, close, image = null) {
  return h("header", {}, image, h("h2", {}, title), h("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: close }, icon("x")));
}

function facts(rows) {
  return h("dl", { class: "facts" }, rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

const when = (ms) => h("span", { title: moment(ms) }, age(ms));

export function unitCard(u, close) {
  const sources = { live: t("live"), told: t("told by hand"), station: t("its station"), "": "" };
  return h("div", { class: "card-body" }, head(u.name, close, signImage(u.sign)),
    facts([
      [t("Status"), u.status ? h("span", {}, h("b", {}, u.status), ` ${u.statusLabel} · `, when(u.statusMs), u.unusual ? ` · ${t("unusual step")}` : "") : t("none reported")],
      [t("For this incident"), WORK()[u.work]], [t("Section"), u.section],
      [t("Place"), u.lon === null ? t("not known") : h("span", {}, sources[u.source], u.ms ? " · " : "", u.ms ? when(u.ms) : "")],
    ]));
}

export function incidentCard(i, close) {
  return h("div", { class: "card-body" }, head(i.title, close, shape(i.severity, i.severityWord)),
    facts([[t("Number"), i.number], [t("State"), i.state], [t("Severity"), i.severityWord]]),
    i.this ? null : h("p", { class: "actions" }, h("a", { class: "button", href: i.path }, icon("map"), t("Open its picture"))));
}

export function drawingCard(d, mayDraw, on) {
  const past = h("details", { class: "versions" }, h("summary", {}, icon("history"), t("What it was")));
  past.addEventListener("toggle", async () => {
    if (!past.open || past.filled) return;
    past.filled = true;
    const all = await on.versions();
    past.append(h("ol", {}, all.map((v, place) => h("li", {},
      h("span", {}, h("b", {}, v.removed ? t("taken away") : v.label || d.kindLabel), h("span", { class: "quiet" }, ` ${v.name} · ${moment(v.ms, "short")}`)),
      place && d.mine && !v.removed ? h("button", { type: "button", class: "button", onclick: () => on.restore(v.version) }, t("As it was then")) : null))));
  });
  return h("div", { class: "card-body" }, head(d.label || (d.kind === "sign" ? d.signLabel : d.kindLabel), on.close, d.sign ? signImage(d.sign) : null),
    d.text ? h("p", { class: "text" }, d.text) : null,
    facts([
      [t("Kind"), d.kind === "sign" ? d.signLabel : d.kindLabel], [t("Layer"), d.shared ? d.layer : `${d.layer} (${t("only for your agency")})`], [t("Section"), d.sectionTitle],
      [t("State"), d.planned ? t("planned or suspected") : ""], [t("Drawn"), h("span", {}, `${d.name} · `, when(d.ms))],
    ]),
    d.mine ? h("p", { class: "actions" },
      h("button", { type: "button", class: "button", onclick: on.edit }, icon("type"), t("Words")),
      h("button", { type: "button", class: "button", onclick: on.reshape }, icon(d.geometry.type === "Point" ? "move" : "shapes"), d.geometry.type === "Point" ? t("Move") : t("Shape")),
      h("button", { type: "button", class: "button grave", onclick: on.remove }, icon("trash-2"), t("Take away")))
      : mayDraw ? h("p", { class: "quiet" }, t("It lies on the layer of {layer}; they change it.", { layer: d.layer })) : null,
    past);
}

/** What is said of a drawing. `on`: title, save(values), cancel(). */
export function drawingForm(d, options, on) {
  const label = h("input", { type: "text", name: "label", maxlength: 120, value: d.label, autocomplete: "off", required: d.kind === "note" });
  const text = h("textarea", { name: "text", maxlength: 2000, rows: 2 });
  text.value = d.text;
  const section = h("select", { name: "section" }, h("option", { value: "" }, t("none")), options.sections.map((s) => h("option", { value: s.id, selected: s.id === d.section }, s.title)));
  const tick = (name, said, on_) => h("label", { class: "tick" }, h("input", { type: "checkbox", name, checked: on_ }), said);
  const field = (said, input) => h("label", { class: "field" }, h("span", { class: "label" }, said), input);
  const form = h("form", { class: "card-body" }, head(on.title, on.cancel, d.sign ? signImage(d.sign) : null),
    field(d.kind === "note" ? t("Words") : t("Name"), label), field(t("More about it"), text),
    options.sections.length ? field(t("Section"), section) : null,
    tick("planned", t("planned or only suspected"), d.planned), tick("own", t("only my agency sees it"), !d.shared),
    h("p", { class: "actions" }, h("button", { class: "button main" }, icon("check"), t("Save")), h("button", { type: "button", class: "button", onclick: on.cancel }, t("Cancel"))));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { planned, own } = form.elements;
    on.save({ label: label.value, text: text.value, section: section.value, sign: d.sign ?? "", planned: planned.checked ? "1" : "0", shared: own.checked ? "0" : "1" });
  });
  requestAnimationFrame(() => label.focus());
  return form;
}
