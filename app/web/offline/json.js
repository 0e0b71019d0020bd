// Strict JSON: one text, one meaning (RFC 8259 narrowed to RFC 7493). The browser's own parser takes
// the last of two members of one name; whoever reads the first sees another record under the same
// signature. So names that are there twice are refused, as are numbers beyond a double, text that
// is not Unicode, and texts too large or too deep to be what is asked for.

const LARGEST_INTEGER = 2 ** 53 - 1;
const LONGEST_NUMBER = 40;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

class Reader {
  constructor(text, deepest) {
    this.text = text;
    this.deepest = deepest;
    this.at = 0;
  }

  document() {
    this.skipSpace();
    const value = this.value(0);
    this.skipSpace();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  fail() {
    throw new Refused("json-malformed", { at: this.at });
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found?.[0];
  }

  take(sign) {
    const there = this.text[this.at] === sign;
    if (there) this.at += 1;
    return there;
  }

  skipSpace() {
    this.match(/[ \t\n\r]*/y);
  }

  value(depth) {
    const next = this.text[this.at];
    if (next === "{" || next === "[") {
      if (depth >= this.deepest) throw new Refused("json-too-deep", { most: this.deepest });
      this.at += 1;
      return next === "{" ? this.object(depth + 1) : this.list(depth + 1);
    }
    if (next === '"') return this.string();
    const word = this.match(/true|false|null/y);
    if (word) return { true: true, false: false, null: null }[word];
    return this.number();
  }

  object(depth) {
    const members = Object.create(null); // so that no name means anything, such as __proto__
    this.skipSpace();
    if (this.take("}")) return members;
    do {
      this.skipSpace();
      const name = this.string();
      if (name in members) throw new Refused("json-duplicate-name", { name });
      this.skipSpace();
      if (!this.take(":")) this.fail();
      this.skipSpace();
      members[name] = this.value(depth);
      this.skipSpace();
    } while (this.take(","));
    if (!this.take("}")) this.fail();
    return members;
  }

  list(depth) {
    const entries = [];
    this.skipSpace();
    if (this.take("]")) return entries;
    do {
      this.skipSpace();
      entries.push(this.value(depth));
      this.skipSpace();
    } while (this.take(","));
    if (!this.take("]")) this.fail();
    return entries;
  }

  string() {
    if (!this.take('"')) this.fail();
    let said = "";
    for (;;) {
      said += this.match(/[^"\\\u0000-\u001f]*/y);
      if (this.take('"')) break;
      if (!this.take("\\")) this.fail();
      said += this.escaped();
    }
    if (/\p{Surrogate}/u.test(said)) throw new Refused("json-not-unicode");
    return said;
  }

  escaped() {
    if (this.take("u")) {
      const digits = this.match(/[0-9A-Fa-f]{4}/y) ?? this.fail();
      return String.fromCharCode(parseInt(digits, 16));
    }
    const letter = this.text[this.at];
    if (!Object.hasOwn(ESCAPES, letter)) this.fail();
    this.at += 1;
    return ESCAPES[letter];
  }

  number() {
    const digits = this.match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y) ?? this.fail();
    const number = Number(digits);
    const whole = /^-?[0-9]+$/.test(digits);
    if (digits.length > LONGEST_NUMBER || !Number.isFinite(number)) throw new Refused("json-number");
    if (whole && Math.abs(number) > LARGEST_INTEGER) throw new Refused("json-number");
    return number;
  }
}

function parseObject(bytes, { size, depth }) {
  if (bytes.length > size) throw new Refused("json-too-large", { size });
  const value = new Reader(utf8Decode(bytes), depth).document();
  if (!isObject(value)) throw new Refused("json-not-an-object");
  return value;
}
