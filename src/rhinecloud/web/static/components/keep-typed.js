/* A part of a form that the server draws anew after a choice: what somebody typed into it while the answer was on its
   way is not overwritten. The part has the attribute data-keeps-typed and an id. Its requests share one hx-sync outside it:
   of two under way, the older one's answer would not know what the newer one has told. */

const asked = new Map(); // id of the part → its values when the request left

const values = (part) => {
  const found = new Map();
  for (const field of part.querySelectorAll("input[name], select[name], textarea[name]")) {
    if (field.type !== "radio" && field.type !== "hidden") found.set(field.name, field.value);
  }
  return found;
};

const keeps = (target) => target instanceof Element && target.hasAttribute("data-keeps-typed");

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (keeps(detail.target)) asked.set(detail.target.id, values(detail.target));
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!keeps(detail.target)) return;
  const { id } = detail.target;
  const before = asked.get(id) ?? new Map();
  const typed = [...values(detail.target)].filter(([name, value]) => before.has(name) && before.get(name) !== value);
  const focused = detail.target.contains(document.activeElement) ? document.activeElement.name : "";
  if (typed.length === 0 && !focused) return;
  document.addEventListener("htmx:afterSwap", () => restore(document.getElementById(id), typed, focused), { once: true });
});

function restore(part, typed, focused) {
  for (const [name, value] of typed) {
    const field = part?.querySelector(`[name="${name}"]`);
    if (!field) continue;
    field.value = value;
    field.dispatchEvent(new Event("change", { bubbles: true })); // the server has not heard of it
  }
  if (focused) part?.querySelector(`[name="${focused}"]`)?.focus();
}
