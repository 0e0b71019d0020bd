// The search page answers while one types. Without this script the same addresses give the same
// pages: it fetches the part that changes and puts it in, and it suggests. Newest answers win.
"use strict";

document.documentElement.classList.add("js");

(() => {
  const form = document.getElementById("search");
  const box = form.elements.q;
  const found = () => document.getElementById("found");
  const spoken = document.documentElement.lang;
  const LATER = [2, 5, 10, 20]; // seconds after which what failed is tried again
  const BUSY = [429, 502, 503, 504]; // answers that say to come back, whoever gave them

  // Said to all, and said to who listens only: once, when things have come to rest.

  const trouble = document.getElementById("trouble");
  const tell = (text) => {
    trouble.textContent = text;
    trouble.hidden = !text;
  };
  const announce = document.getElementById("announce");
  const news = { hits: "", list: "" };
  let speaking = 0;
  const say = (what, text) => {
    news[what] = text;
    clearTimeout(speaking);
    speaking = setTimeout(() => {
      const all = [news.hits, news.list].filter(Boolean).join(". ");
      if (all !== announce.textContent) announce.textContent = all;
    }, 400);
  };

  // Asking, and putting the answer in.

  let waiting = 0; // until typing pauses
  let again = 0; // until what failed is tried again
  let slow = 0;
  let tries = 0;
  let current = null; // the newest request; an older one's answer is thrown away
  const seen = new Map(); // answers to go back to
  const whole = (url) => new URL(url, location.href).href.split("#")[0];
  let shown = whole(location.href);

  const address = () => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value) query.append(name, value);
    // What belongs to a choice goes when the choice goes.
    const one = query.getAll("credit").length === 1;
    if (!one) for (const name of ["credit_min", "credit_max"]) query.delete(name);
    if (!query.has("near")) query.delete("within");
    const order = query.get("sort");
    if ((order === "credits" && !one) || (order === "nearest" && !query.has("near"))) {
      query.delete("sort");
    }
    const text = query.toString();
    return form.getAttribute("action") + (text ? `?${text}` : "");
  };

  const rest = () => {
    clearTimeout(slow);
    found().removeAttribute("aria-busy");
  };

  const show = async (url, how = {}) => {
    clearTimeout(waiting);
    clearTimeout(again);
    if (!how.again) tries = 0;
    current?.abort();
    const mine = (current = new AbortController());
    found().setAttribute("aria-busy", "true");
    clearTimeout(slow);
    slow = setTimeout(() => tell(trouble.dataset.slow), 1500);
    let answer;
    let html;
    try {
      answer = await fetch(url, { headers: { "X-Fragment": "1" }, signal: mine.signal });
      html = await answer.text();
    } catch {
      if (mine === current) later(url, how, trouble.dataset.failed);
      return;
    }
    if (mine !== current) return;
    if (BUSY.includes(answer.status)) return later(url, how, trouble.dataset.down);
    if (!answer.headers.has("X-Fragment")) return location.assign(url);
    current = null;
    rest();
    tell("");
    tries = 0;
    put(html, how);
    shown = whole(url);
    keep(shown, html);
    if (how.remember === "push") history.pushState(null, "", url);
    if (how.remember === "replace") history.replaceState(null, "", url);
    if (how.scroll) document.getElementById("results").scrollIntoView();
  };

  const later = (url, how, text) => {
    rest();
    const seconds = LATER[tries++];
    if (!navigator.onLine) return tell(trouble.dataset.offline);
    tell(seconds ? text : trouble.dataset.gaveUp);
    if (seconds) again = setTimeout(() => show(url, { ...how, again: true }), seconds * 1000);
  };
  addEventListener("offline", () => tell(trouble.dataset.offline));
  addEventListener("online", () => show(address(), { remember: "replace" }));

  const keep = (url, html) => {
    seen.delete(url);
    seen.set(url, html);
    if (seen.size > 20) seen.delete(seen.keys().next().value);
  };

  // Where the keyboard was, in the new part; its results, where that is gone.
  const place = (element) => {
    if (element.id.startsWith("more-")) return `#${element.id}, #of-${element.id.slice(5)} input:not([type=hidden])`;
    if (element.id) return `#${CSS.escape(element.id)}`;
    if (element.localName === "summary") return `#${element.parentNode.id} > summary`;
    if (element.name) return `#found [name="${element.name}"][value="${CSS.escape(element.value)}"]`;
    return "";
  };

  const put = (html, how) => {
    const old = found();
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const parsed = new DOMParser().parseFromString(html, "text/html");
    const fresh = document.adoptNode(parsed.getElementById("found"));
    for (const each of old.querySelectorAll("details[open][id]")) {
      fresh.querySelector(`#${each.id}`)?.setAttribute("open", "");
    }
    const text = fresh.querySelector("[data-announce]").textContent.trim();
    const typed = how.back ? null : active?.closest("[data-keep]");
    const twin = typed && fresh.querySelector(`#${typed.id}`);
    if (twin) {
      around(typed, twin);
      old.querySelector("#results").replaceWith(fresh.querySelector("#results"));
    } else {
      old.replaceWith(fresh);
      if (active) {
        const there = place(active);
        const next = there && document.querySelector(there);
        (next || fresh.querySelector("h2[data-announce]")).focus({ preventScroll: true });
        if (!next) return; // the number of results is read, as it has the focus now
      }
    }
    say("hits", text);
  };

  // Somebody is typing in `typed`: it stays, and everything around it is made new.
  const around = (typed, twin) => {
    const siblings = [...twin.parentNode.childNodes];
    const here = siblings.indexOf(twin);
    for (const each of [...typed.parentNode.childNodes]) if (each !== typed) each.remove();
    typed.before(...siblings.slice(0, here));
    typed.after(...siblings.slice(here + 1));
    for (const each of typed.querySelectorAll(".wrong")) each.remove();
    for (const input of typed.querySelectorAll("input")) {
      const other = twin.querySelector(`#${input.id}`);
      for (const name of ["aria-invalid", "aria-describedby"]) {
        if (other?.hasAttribute(name)) input.setAttribute(name, other.getAttribute(name));
        else input.removeAttribute(name);
      }
      const wrong = twin.querySelector(`#wrong-${input.id}`);
      if (wrong) input.after(wrong);
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close();
    show(address(), { remember: "push" });
  });
  const changed = ({ target }) => {
    if (target.form !== form || target === box) return;
    clearTimeout(waiting);
    const ask = () => show(address(), { remember: "push" });
    if (target.closest("[data-keep]") && target.localName === "input") waiting = setTimeout(ask, 500);
    else ask();
  };
  document.addEventListener("change", changed);
  document.addEventListener("input", (event) => event.target.type === "number" && changed(event));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#found a[data-swap]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    link.focus({ preventScroll: true }); // Safari does not by itself
    go(link.href, { scroll: link.dataset.swap === "page" });
  });
  const go = (url, how) => {
    box.value = new URL(url, location.href).searchParams.get("q") ?? "";
    show(url, { remember: "push", ...how });
  };
  addEventListener("popstate", () => {
    const url = whole(location.href);
    if (url === shown && !current) return; // a link within the page
    box.value = new URL(url).searchParams.get("q") ?? "";
    close();
    if (!seen.has(url)) return show(url, { back: true });
    current?.abort();
    current = null;
    rest();
    tell("");
    shown = url;
    put(seen.get(url), { back: true });
  });
  if (found().hasAttribute("data-again")) later(location.href, {}, trouble.dataset.down);
  else keep(shown, found().outerHTML);

  // Suggestions: a combobox with a list, by the pattern of the ARIA Authoring Practices 1.2.

  const list = document.getElementById("suggestions");
  let options = [];
  let active = -1;
  let asked = null;
  let pause = 0;
  box.type = "text"; // a search field may not be a combobox
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "suggestions",
  })) box.setAttribute(name, value);

  const close = () => {
    clearTimeout(pause);
    asked?.abort();
    asked = null;
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    move(-1);
    news.list = "";
  };
  const open = () => {
    list.hidden = !options.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
  };
  const move = (to) => {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = to;
    const option = list.children[active];
    if (!option) return box.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    box.setAttribute("aria-activedescendant", option.id);
  };
  const choose = (number) => {
    const chosen = options[number];
    close();
    if (chosen.means === "course") return location.assign(`/courses/${chosen.course}`);
    box.value = chosen.means === "words" ? chosen.text.text : "";
    const url = new URL(address(), location.href);
    if (chosen.means === "value") url.searchParams.append(chosen.facet, chosen.value);
    show(url.pathname + url.search, { remember: "push" });
  };

  const marked = ({ text, ranges }) => {
    const characters = [...text]; // ranges count code points
    const pieces = [];
    let last = 0;
    for (const [start, end] of ranges) {
      const mark = document.createElement("mark");
      mark.textContent = characters.slice(start, end).join("");
      pieces.push(characters.slice(last, start).join(""), mark);
      last = end;
    }
    return [...pieces, characters.slice(last).join("")];
  };
  // What narrows the search, and nothing about how its answer is shown.
  const narrowing = () => {
    const query = new URL(address(), location.href).searchParams;
    for (const name of ["hl", "sort", "unfold", "counts_for"]) query.delete(name);
    return query;
  };
  const suggest = async () => {
    asked?.abort();
    const mine = (asked = new AbortController());
    const text = box.value.trim();
    if (!text) return close();
    try {
      const query = narrowing();
      const headers = { "Accept-Language": spoken };
      const answer = await fetch(`${list.dataset.from}?${query}`, { headers, signal: mine.signal });
      if (!answer.ok) return;
      const given = await answer.json();
      if (mine !== asked || document.activeElement !== box) return;
      options = given.suggestions;
    } catch {
      return; // one can search without suggestions
    }
    move(-1);
    list.replaceChildren(...options.map((option, number) => {
      const item = document.createElement("li");
      item.id = `suggestion-${number}`;
      item.role = "option";
      item.dir = "auto";
      item.setAttribute("aria-selected", "false");
      item.append(...marked(option.text));
      if (option.means !== "words") {
        const kind = document.createElement("small");
        const name = list.dataset[option.facet ?? "course"] ?? "";
        kind.textContent = option.count ? `${name}, ${option.count.toLocaleString(spoken)}` : name;
        item.append(" ", kind);
      }
      return item;
    }));
    open();
    const number = String(options.length);
    say("list", options.length ? list.dataset.some.replace("{number}", number) : "");
  };

  const typed = (rest = 120) => {
    clearTimeout(waiting);
    clearTimeout(pause);
    waiting = setTimeout(() => show(address(), { remember: "replace" }), rest + 40);
    pause = setTimeout(suggest, rest);
  };
  // While an input method chooses characters, what stands in the box is nobody's word yet. The
  // keyboards of telephones compose every word, so there a longer rest has to do.
  const touched = matchMedia("(pointer: coarse)");
  box.addEventListener("input", (event) => {
    if (!event.isComposing) typed();
    else if (touched.matches) typed(700);
  });
  box.addEventListener("compositionend", () => typed());
  box.addEventListener("blur", close);
  list.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse") event.preventDefault(); // the focus stays in the box
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const item = event.target.closest("[role=option]");
    if (item) choose([...list.children].indexOf(item));
  });
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
    const last = options.length - 1;
    const keys = {
      ArrowDown: () => {
        if (list.hidden) open();
        if (!event.altKey && !list.hidden) move(active < last ? active + 1 : -1);
        return !list.hidden;
      },
      ArrowUp: () => {
        if (event.altKey) close();
        else if (list.hidden) return false;
        else move(active < 0 ? last : active - 1);
        return true;
      },
      Enter: () => active >= 0 && (choose(active), true),
      Escape: () => {
        if (list.hidden && box.value) {
          box.value = "";
          typed();
        }
        close();
        return true;
      },
      Home: () => move(-1),
      End: () => move(-1),
    };
    if (keys[event.key]?.()) event.preventDefault();
  });

  // To the box from anywhere; courses near here; a search inside a long list.

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("#here")) return;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const near = document.getElementById("near");
        near.value = `${coords.latitude.toFixed(2)},${coords.longitude.toFixed(2)}`;
        show(address(), { remember: "push" });
      },
      () => tell(trouble.dataset.noPlace),
      { maximumAge: 600_000, timeout: 15_000 },
    );
  });
  document.addEventListener("input", ({ target }) => {
    if (target.id !== "inside") return;
    const group = target.closest("fieldset");
    sift(group, target.value);
    clearTimeout(pause);
    if (group.dataset.partial && target.value.trim()) pause = setTimeout(rarer, 160, group, target);
  });
  const sift = (group, text) => {
    const wanted = text.trim().toLowerCase();
    let number = 0;
    for (const label of group.querySelectorAll("label")) {
      const all = `${label.querySelector("span").textContent}\n${label.firstElementChild.value}`;
      label.hidden = !all.toLowerCase().includes(wanted);
      number += !label.hidden;
    }
    say("list", list.dataset.values.replace("{number}", number));
  };
  // The page has the most frequent values; the rarer ones are asked for and put under them.
  const rarer = async (group, input) => {
    const text = input.value;
    const query = narrowing();
    query.append("text", text.trim());
    let given;
    try {
      const headers = { "Accept-Language": spoken };
      const answer = await fetch(`/api/v1/facets/${group.dataset.partial}?${query}`, { headers });
      if (!answer.ok) return;
      given = await answer.json();
    } catch {
      return; // the values on the page can be chosen still
    }
    if (input.value !== text || !input.isConnected) return;
    const known = new Set([...group.querySelectorAll("[type=checkbox]")].map((each) => each.value));
    const model = group.querySelector("label");
    for (const { value, name, count } of given.values) {
      if (known.has(value)) continue;
      const label = model.cloneNode(true);
      label.firstElementChild.value = value;
      label.firstElementChild.checked = false;
      label.querySelector("span").textContent = name;
      label.querySelector("b").textContent = count.toLocaleString(spoken);
      group.append(label);
    }
    sift(group, text);
  };
})();
