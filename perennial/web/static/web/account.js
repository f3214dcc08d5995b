/* The pages of signing in and of people: a password that can be looked at, the browser's time zone. */
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

  /** What stands there is guessed from the country; the browser knows better. */
  function guessZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    for (const list of document.querySelectorAll("[data-guess=time-zone]"))
      if ([...list.options].some((option) => option.value === zone)) list.value = zone;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-shows]");
    if (button) show(button);
  });
  document.addEventListener("htmx:afterSwap", (event) => offer(event.detail.target));
  offer(document);
  guessZone();
})();
