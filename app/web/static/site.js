// The one script. Every page works without it: it makes search answer while one types and lets a
// file be dropped on the verify page. It fetches what the same address would show and swaps it in.
"use strict";

document.documentElement.classList.add("js");

// Search: swap #found by what the form, a filter or a link inside it asks for.
(() => {
  const form = document.getElementById("search");
  if (!form) return;
  const announce = document.getElementById("announce");
  let waiting = 0;
  let current = null; // the newest request; an older one's answer is thrown away

  const address = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    const text = query.toString();
    return form.getAttribute("action") + (text ? `?${text}` : "");
  };

  const show = async (url, { remember, scroll = false }) => {
    clearTimeout(waiting);
    current?.abort();
    const mine = (current = new AbortController());
    document.getElementById("found").setAttribute("aria-busy", "true");
    let answer;
    let html;
    try {
      answer = await fetch(url, { headers: { "X-Fragment": "1" }, signal: mine.signal });
      html = await answer.text();
    } catch {
      if (mine === current) location.assign(url); // let the browser say what is wrong
      return;
    }
    if (mine !== current) return;
    if (!answer.headers.has("X-Fragment")) return location.assign(url);
    swap(html);
    if (remember === "push") history.pushState(null, "", url);
    if (remember === "replace") history.replaceState(null, "", url);
    if (scroll) document.getElementById("found").scrollIntoView();
  };

  const swap = (html) => {
    const old = document.getElementById("found");
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    const open = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const fresh = document.adoptNode(parsed.getElementById("found"));
    for (const id of open) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
    old.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus();
    announce.textContent = fresh.querySelector("[data-announce]")?.textContent.trim() ?? "";
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(address(), { remember: "push" });
  });
  form.elements.q.addEventListener("input", (event) => {
    if (event.isComposing) return; // an input method is still choosing characters
    clearTimeout(waiting);
    waiting = setTimeout(() => show(address(), { remember: "replace" }), 160);
  });
  form.elements.q.addEventListener("compositionend", () => {
    show(address(), { remember: "replace" });
  });
  document.addEventListener("change", (event) => {
    if (event.target.form === form && event.target !== form.elements.q) {
      show(address(), { remember: "push" });
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#found a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    form.elements.q.value = new URL(link.href).searchParams.get("q") ?? "";
    show(link.href, { remember: "push", scroll: link.dataset.swap === "page" });
  });
  addEventListener("popstate", () => {
    form.elements.q.value = new URLSearchParams(location.search).get("q") ?? "";
    show(location.href, {});
  });
})();

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
