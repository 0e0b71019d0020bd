// The script of all pages but search. They work without it: it lets a file be dropped on the verify
// page.
"use strict";

document.documentElement.classList.add("js");

// Verify: a file dropped on the zone, or chosen, is sent at once.
(() => {
  const zone = document.getElementById("drop");
  if (!zone) return;
  const input = zone.querySelector("input[type=file]");
  const trouble = zone.querySelector("[role=alert]");

  const send = () => {
    const tooLarge = input.files[0]?.size > Number(zone.dataset.limit);
    trouble.textContent = tooLarge ? zone.dataset.tooLarge : "";
    if (input.files.length && !tooLarge) zone.closest("form").requestSubmit();
  };
  const over = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    zone.classList.add("over");
  };
  const leave = () => zone.classList.remove("over");

  input.addEventListener("change", send);
  addEventListener("dragover", over);
  addEventListener("dragleave", (event) => event.relatedTarget ?? leave());
  addEventListener("drop", (event) => {
    leave();
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    send();
  });
})();

// Live: what is still under way is fetched anew every few seconds, until it is not any more.
(() => {
  const look = () => {
    const live = document.querySelector("#live[data-live]");
    if (live) setTimeout(renew, Number(live.dataset.live) * 1000);
  };
  const renew = async () => {
    try {
      const answer = await fetch(location.href, { headers: { "X-Fragment": "1" } });
      if (!answer.ok || !answer.headers.has("X-Fragment")) return location.reload();
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = document.adoptNode(parsed.getElementById("live"));
      if (!fresh.hasAttribute("data-live")) return location.reload();
      document.getElementById("live").replaceWith(fresh);
    } catch {
      // Not reached just now; the next look may be luckier.
    }
    look();
  };
  look();
})();
