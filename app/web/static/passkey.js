// Passkeys: a question is fetched, the browser asks its user, and the answer goes as a plain form.
// The form is shown only where the browser can; everybody else signs in by a link in the mail.
"use strict";

(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
  const adds = form.dataset.passkey === "add";
  const trouble = form.querySelector("[role=alert]");
  const button = form.querySelector("button");

  const ask = async () => {
    const said = await fetch(form.dataset.question, { method: "POST" });
    if (said.status === 401) return location.assign(form.dataset.again);
    if (!said.ok) throw new Error((await said.json()).detail);
    const { question, options } = await said.json();
    const answer = adds
      ? await navigator.credentials.create({
          publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
        })
      : await navigator.credentials.get({
          publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
        });
    form.elements.question.value = question;
    form.elements.answer.value = JSON.stringify(answer);
    form.submit();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.textContent = "";
    button.disabled = true;
    try {
      await ask();
    } catch (error) {
      const words = { NotAllowedError: "refused", AbortError: "refused", InvalidStateError: "known" };
      trouble.textContent = form.dataset[words[error.name]] ?? error.message;
    } finally {
      button.disabled = false;
    }
  });
  form.closest("[hidden]").hidden = false;
})();
