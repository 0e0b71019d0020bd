// How what was found is put into words and onto the page. Text only ever becomes text: nothing that
// a record or a bundle says is read as HTML.

const LONGEST = 500;
const language = document.documentElement.lang;
const words = (name, values = {}) =>
  (WORDS[name] ?? name).replace(/\{(\w+)\}/g, (place, value) => showable(values[value] ?? place));

// Without what would hide a name or turn a line around.
function showable(value) {
  const plain = String(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => (sign === "\n" ? sign : "\ufffd"));
  return plain.length > LONGEST * 10 ? `${plain.slice(0, LONGEST * 10)}…` : plain;
}

const day = (time) => new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(time);
const moment = (time) => `${day(time)}, ${new Date(time).toISOString().slice(11, 16)} UTC`;
const count = (number) => new Intl.NumberFormat(language).format(number);

const piece = (name) => document.getElementById(name).content.firstElementChild.cloneNode(true);

function element(name, content = "", attributes = {}) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value) made.setAttribute(attribute, value);
  }
  made.append(...listOf(content).map((part) => (part instanceof Node ? part : showable(part))));
  return made;
}

const code = (value) => element("code", value, { dir: "ltr" });
const bdi = (value) => element("bdi", value);

// A key as its text in groups that an eye can compare; copied, it is the text without the gaps.
function keyText(value) {
  const groups = value.match(/.{1,4}/g).map((group) => element("span", group));
  return element("code", groups, { class: "key", dir: "ltr" });
}

function facts(pairs, list = "facts two") {
  const shown = pairs.filter(([, value]) => value !== null && value !== "");
  const rows = shown.map(([name, value]) => element("div", [element("dt", name), ...definitions(value)]));
  return element("dl", rows, { class: list });
}

const definitions = (value) => listOf(value).map((each) => element("dd", each));

function verdict(kind, title, ...lines) {
  const box = piece(`verdict-${kind}`);
  const heading = element("h2", title);
  box.append(heading, ...lines.map((line) => element("p", line)));
  return box;
}

function resultFact({ kind, name, value }) {
  const known = WORDS[`result:${kind}`];
  const minutes = /^ext:(?:Contact|Workload)Minutes$/.test(kind) && /^[0-9]{1,9}$/.test(value);
  return [known ? bdi(known) : bdi(name), bdi(minutes ? duration(Number(value)) : WORDS[`${kind}:${value}`] ?? value)];
}

function duration(minutes) {
  const unit = (amount, name) =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "long" }).format(amount);
  const parts = [[Math.floor(minutes / 60), "hour"], [minutes % 60, "minute"]];
  const said = parts.filter(([amount]) => amount).map(([amount, name]) => unit(amount, name));
  return said.join(", ") || unit(0, "minute");
}
