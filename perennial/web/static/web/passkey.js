/* Passkeys: forms with data-passkey ask the browser for one, or to make one, and send its answer. What the browser is
   asked comes with the page; for a sign-in without a name, from the form's address. */
(() => {
  "use strict";

  const failed = document.getElementById("passkey-failed");

  async function optionsOf(form) {
    const given = document.getElementById("passkey-options");
    if (given) return JSON.parse(given.textContent);
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  /** A passkey that is to let somebody in by itself stays on the device, and asks for a finger or a PIN. */
  function make(options, alone) {
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = alone;
    if (alone) wanted.userVerification = "required";
    return webauthnJSON.create(options);
  }

  async function answer(form) {
    failed.hidden = true;
    try {
      const options = await optionsOf(form);
      const given =
        form.dataset.passkey === "make"
          ? await make(options.creation_options, form.elements.passwordless.checked)
          : await webauthnJSON.get(options.request_options);
      form.elements.credential.value = JSON.stringify(given);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  }

  if (!window.PublicKeyCredential) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    for (const button of form.querySelectorAll("button")) button.hidden = false;
    for (const button of document.querySelectorAll(`button[form=${form.id}]`)) button.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      answer(form);
    });
  }
})();
