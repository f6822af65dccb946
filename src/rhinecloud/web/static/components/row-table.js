// <row-table>: lines of a form that are added and removed. Without script there are spare lines, and empty ones count for
// nothing; with it the spare ones go, and a button makes more.

class RowTable extends HTMLElement {
  #next = 0;

  connectedCallback() {
    this.body = this.querySelector("tbody");
    this.blank = this.querySelector("template");
    for (const row of [...this.body.rows].reverse()) {
      if (this.body.rows.length > 1 && this.#empty(row)) row.remove();
      else break;
    }
    this.#next = this.body.rows.length;
    this.addEventListener("click", (event) => this.#click(event));
    this.addEventListener("keydown", (event) => this.#key(event));
    for (const button of this.querySelectorAll("[data-row]")) button.hidden = false;
    this.#number();
  }

  #empty(row) {
    return [...row.querySelectorAll("input")].every((field) => (field.type === "checkbox" ? true : field.value === ""));
  }

  #click(event) {
    const button = event.target.closest("[data-row]");
    if (!button) return;
    if (button.dataset.row === "add") this.#add().querySelector("input, select").focus();
    else {
      const row = button.closest("tr");
      const beside = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      if (this.body.rows.length === 0) this.#add();
      (beside?.querySelector("input, select") ?? this.querySelector("[data-row=add]")).focus();
    }
    this.#number();
  }

  /** Enter in the last line makes another one, as in a spreadsheet; elsewhere it goes down a line. */
  #key(event) {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || !event.target.closest("tbody")) return;
    event.preventDefault();
    const cell = event.target.closest("td");
    const row = cell.parentElement.nextElementSibling ?? this.#add();
    row.cells[cell.cellIndex].querySelector("input, select")?.focus();
    this.#number();
  }

  #add() {
    const row = this.blank.content.firstElementChild.cloneNode(true);
    const number = this.#next++;
    for (const field of row.querySelectorAll("[name]")) field.name = field.name.replace(".99999.", `.${number}.`);
    const above = this.body.lastElementChild;
    const level = above?.querySelector('[name$=".level"]')?.value;
    const same = row.querySelector('[name$=".level"]');
    if (same && level) same.value = level;
    const count = row.querySelector('[name$=".count"]');
    if (count) count.value = "1";
    row.querySelector("[data-row]").hidden = false;
    this.body.append(row);
    return row;
  }

  #number() {
    [...this.body.rows].forEach((row, at) => { row.cells[0].textContent = at + 1; });
  }
}
customElements.define("row-table", RowTable);
