// Is it a completion record? Its shape is the published JSON Schema, which comes with this page
// (FACTS.schema, of app.verification.profile); the rules between members follow it here.
// Any other credential is left to `opencpd verify`: what this page does not know it does not judge.

// The place of the first member that does not have the shape, or null.
function misfit(schema, value, place = "") {
  if ("const" in schema) return equal(value, schema.const) ? null : place;
  return SHAPES[schema.type](schema, value, place);
}

const SHAPES = {
  string(schema, value, place) {
    const fits = isText(value) && [...value].length <= schema.maxLength;
    return fits && pattern(schema.pattern).test(value) ? null : place;
  },
  number({ minimum, maximum }, value, place) {
    return typeof value === "number" && minimum <= value && value <= maximum ? null : place;
  },
  array({ items, minItems, maxItems }, value, place) {
    if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return place;
    for (const [at, entry] of value.entries()) {
      const twice = value.slice(0, at).some((other) => equal(entry, other));
      const wrong = twice ? `${place}/${at}` : misfit(items, entry, `${place}/${at}`);
      if (wrong !== null) return wrong;
    }
    return null;
  },
  object({ properties, required }, value, place) {
    if (!isObject(value)) return place;
    const missing = required.find((name) => !(name in value));
    if (missing !== undefined) return `${place}/${missing}`;
    for (const name of Object.keys(value)) {
      const inner = `${place}/${name}`;
      if (!Object.hasOwn(properties, name)) return inner;
      const wrong = misfit(properties[name], value[name], inner);
      if (wrong !== null) return wrong;
    }
    return null;
  },
};

const PATTERNS = new Map();

function pattern(source) {
  if (!PATTERNS.has(source)) PATTERNS.set(source, new RegExp(source, "su"));
  return PATTERNS.get(source);
}

// What keeps a document from being a completion record: a place in it, or null.
function completionProblem(document) {
  const wrong = misfit(FACTS.schema, document);
  if (wrong !== null) return wrong || "/";
  const rules = [idTwice, timesOutOfOrder, strangeParty, strangeFacts];
  return rules.reduce((found, rule) => found ?? rule(document), null);
}

// JSON-LD takes two objects with one id for one, and a member could wander between them unseen.
function idTwice(document) {
  const seen = new Set();
  const walk = (value, place) => {
    if (isObject(value) && isText(value.id)) {
      if (seen.has(value.id)) return `${place}/id`;
      seen.add(value.id);
    }
    if (typeof value !== "object" || value === null) return null;
    return Object.keys(value).reduce((at, name) => at ?? walk(value[name], `${place}/${name}`), null);
  };
  return walk(document, "");
}

function timesOutOfOrder(document) {
  const subject = document.credentialSubject;
  const pairs = [
    ["", document, "awardedDate", "validFrom"],
    ["/credentialSubject", subject, "activityStartDate", "activityEndDate"],
  ];
  for (const [place, members, first, second] of pairs) {
    const times = {};
    for (const name of [first, second]) {
      try {
        times[name] = optionalTime(members, name);
      } catch {
        return `${place}/${name}`;
      }
    }
    const both = times[first] !== null && times[second] !== null;
    if (both && times[second] < times[first]) return `${place}/${second}`;
  }
  return null;
}

function strangeParty(document) {
  if (!isDidWeb(document.issuer.id)) return "/issuer/id";
  const salts = objects(document.credentialSubject, "identifier").map((entry) => entry.salt);
  return new Set(salts).size === salts.length ? null : "/credentialSubject/identifier";
}

function isDidWeb(did) {
  const segment = "(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+";
  const host = "[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?";
  const found = pattern(`^did:web:${host}(?:%3A([0-9]{1,5}))?((?::${segment})*)$`).exec(did);
  if (!found) return false;
  const [, port, path] = found;
  const leaves = path.split(":").some((part) => {
    const plain = part.replaceAll("%2E", ".");
    return plain === "." || plain === ".." || plain.includes("%2F");
  });
  return !leaves && (port === undefined || (Number(port) > 0 && Number(port) < 65536));
}

function strangeFacts(document) {
  const subject = document.credentialSubject;
  const { achievement } = subject;
  const known = objects(achievement, "resultDescription").map((entry) => entry.id);
  const named = objects(subject, "result").map((entry) => entry.resultDescription);
  const strange = named.some((id, at) => !known.includes(id) || named.indexOf(id) !== at);
  if (strange) return "/credentialSubject/result";
  const cents = (amount) => amount === undefined || Number(amount.toFixed(2)) === amount;
  if (!cents(subject.creditsEarned)) return "/credentialSubject/creditsEarned";
  if (!cents(achievement.creditsAvailable)) return "/credentialSubject/achievement/creditsAvailable";
  return null;
}
