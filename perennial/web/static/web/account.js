/* The pages of signing in and of people: a password that can be looked at, the browser's time zone where its country has several. */
(() => {
  "use strict";

  /** Without a script there is nothing to press. */
  function offer(place) {
    for (const button of place.querySelectorAll("[data-shows]")) button.hidden = false;
  }

  function show(button) {
    const field = document.getElementById(button.dataset.shows);
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  }

  /** Of a country's time zones the browser knows which; left empty it is the first of them. */
  function guessZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const there = document.querySelector("[data-zones]")?.dataset.zones.split(" ") ?? [];
    for (const list of document.querySelectorAll("[data-guess=time-zone]")) {
      if (list.value && list.value !== list.dataset.guessed) continue; // somebody has chosen
      list.dataset.guessed = there.length > 1 && there.includes(zone) && [...list.options].some((option) => option.value === zone) ? zone : "";
      list.value = list.dataset.guessed;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-shows]");
    if (button) show(button);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    offer(event.detail.target);
    guessZone();
  });
  offer(document);
  guessZone();
})();
