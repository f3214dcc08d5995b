/* Rows that are dragged by their grip to another place; keys do the same. What is sent is the row's own button.
   And the row where a new one is put in: what was refused there is said until it is typed anew. */
(() => {
  "use strict";

  const rowOf = (element) => element?.closest("[data-moves] > tbody[data-row]") ?? null;
  const placeOf = (row) => Number(row.dataset.at);
  let dragged = null;

  function take(event) {
    const row = event.target.closest?.(".grip > .i") && rowOf(event.target);
    if (!row || event.button !== 0) return;
    event.preventDefault(); // no text is chosen meanwhile
    dragged = { row, over: row };
    row.classList.add("dragged");
  }

  function drag(event) {
    if (!dragged) return;
    const over = rowOf(document.elementFromPoint(event.clientX, event.clientY));
    if (!over || over === dragged.over) return;
    dragged.over.classList.remove("above", "below");
    dragged.over = over;
    if (over !== dragged.row) over.classList.add(placeOf(over) < placeOf(dragged.row) ? "above" : "below");
  }

  function drop(event) {
    if (!dragged) return;
    const { over } = dragged;
    const row = document.getElementById(dragged.row.id) ?? dragged.row; // an answer may have put it there anew meanwhile
    dragged = null;
    row.classList.remove("dragged");
    over.classList.remove("above", "below");
    if (event.type === "pointercancel" || over.id === row.id) return;
    document.getElementById("drop-to").value = placeOf(over);
    row.querySelector("[data-drop]").click();
  }

  function typeAnew(event) {
    if (event.target.id !== "insert-item") return;
    for (const name of ["aria-invalid", "aria-describedby"]) event.target.removeAttribute(name);
    document.getElementById("insert-err")?.remove();
  }

  /** What was refused in a cell is mended before a new row comes: it would not be seen. */
  function insert(event) {
    const field = event.target.id === "insert-form" && document.querySelector("[data-moves] [aria-invalid=true]:not(#insert-item)");
    if (!field) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    field.focus();
  }

  document.addEventListener("pointerdown", take);
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
  document.addEventListener("input", typeAnew);
  document.addEventListener("submit", insert, true);
})();
