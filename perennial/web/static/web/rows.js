/* Rows that are dragged by their grip to another place; keys do the same. What is sent is the row's own button. */
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
    const button = row.querySelector("[data-drop]");
    button.setAttribute("hx-vals", JSON.stringify({ ...JSON.parse(button.getAttribute("hx-vals")), to: placeOf(over) }));
    button.click();
  }

  document.addEventListener("pointerdown", take);
  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
})();
