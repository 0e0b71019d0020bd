// The verification of one record, in the numbered checks of app.verification. Checks 1 to 6 each
// need the one before; those after are all made once 6 has passed. What was not reached is unknown.

const isoTime = (time) => new Date(time).toISOString().replace(/\.000Z$/, "Z");

class Sheet {
  constructor() {
    this.checks = [];
  }

  note(outcome, said, { values = {}, evidence = [] } = {}) {
    const number = this.checks.length + 1;
    this.checks.push({ number, code: FACTS.checks[number - 1], outcome, said, values, evidence });
  }

  passed(said, ...evidence) {
    this.note("pass", said, { evidence });
  }

  failed(error) {
    if (!(error instanceof Refused)) throw error;
    const outcome = error instanceof NotKnown ? "unknown" : "fail";
    this.note(outcome, error.code, { values: error.values, evidence: [{ error: error.code }] });
  }

  // Make the next check; whatever it finds, the one after it is made too.
  async attempt(question) {
    try {
      const { said, evidence = [] } = await question();
      this.passed(said, ...evidence);
    } catch (error) {
      this.failed(error);
    }
  }

  close() {
    while (this.checks.length < FACTS.checks.length) this.note("unknown", "not-reached");
    return this.checks;
  }
}

async function verifyRecord(bytes, bundle, at) {
  const sheet = new Sheet();
  const found = { record: null };
  try {
    await examine(bytes, bundle, at, sheet, found);
  } catch (error) {
    sheet.failed(error);
  }
  const checks = sheet.close();
  const outcomes = checks.map(({ outcome }) => outcome);
  const worst = ["fail", "unknown"].find((outcome) => outcomes.includes(outcome)) ?? "pass";
  return { ...found, checks, outcome: worst, digest: await sha256(bytes), at };
}

async function examine(bytes, bundle, at, sheet, found) {
  const limits = FACTS.limits.record;
  // 1
  const source = readRecord(bytes, limits);
  sheet.passed(isText(source) ? "a-token" : "well-formed");
  // 2
  const token = recognise(source, limits);
  const document = token.credential;
  sheet.passed("secured", { key: token.keyId });
  // 3
  const problem = missingClaim(token) ?? completionProblem(document);
  if (problem !== null) throw new NotKnown("profile-elsewhere", { place: problem });
  sheet.passed("a-completion");
  // 4
  const issuer = findIssuer(document, bundle);
  sheet.passed("issuer-known", { issuer: issuer.id, bundle_version: String(bundle.version) });
  // 5
  const entry = findKey(token.keyId, issuer);
  checkKeyTime(entry, token.signedAt, at);
  sheet.passed("key-valid", { key: entry.key.id });
  // 6
  await verifyToken(token, entry.key);
  sheet.passed("signature-good", { key: entry.key.id });
  found.record = { ...completionFacts(document), issuerId: issuer.id, issuerName: issuer.name };
  // 7, 8, 9, 10
  const asked = { document, issuer, bundle, at };
  await sheet.attempt(() => checkDates(document, at));
  await sheet.attempt(() => checkRevocation(asked));
  await sheet.attempt(() => checkSuspension(asked));
  await sheet.attempt(() => checkResources(document));
}

// Claims of Open Badges 3.0, section 8.2.4, without which a token is no completion record's.
function missingClaim({ claims }) {
  return ["iss", "jti", "nbf", "sub"].find((name) => !(name in claims)) ?? null;
}

function findIssuer(document, bundle) {
  const { id } = document.issuer;
  if (!bundle.issuers.has(id)) throw new Refused("issuer-unknown", { issuer: id });
  return bundle.issuers.get(id);
}

function findKey(id, issuer) {
  const entry = issuer.keys.find(({ key }) => key.id === id);
  if (entry) return entry;
  throw new Refused(id.split("#")[0] === issuer.id ? "key-unknown" : "key-foreign", { key: id });
}

// Retired and compromised are different states: a retired key vouches for what it signed before;
// whoever holds a compromised key can write any time into a record, so it vouches for nothing.
function checkKeyTime({ validFrom, retiredAt, compromisedSince }, signedAt, at) {
  const { leeway } = FACTS.limits;
  if (signedAt === null) throw new Refused("key-time");
  if (compromisedSince !== null) throw new Refused("key-compromised");
  if (signedAt - at > leeway) throw new Refused("key-time");
  if (validFrom - signedAt > leeway) throw new Refused("key-early");
  if (retiredAt !== null && signedAt > retiredAt) throw new Refused("key-retired");
}

function checkDates(document, at) {
  for (const name of ["validFrom", "awardedDate"]) {
    const since = optionalTime(document, name);
    if (since !== null && since - at > FACTS.limits.leeway) {
      throw new Refused("dates-future", { when: document[name] });
    }
  }
  return { said: "dates-good", evidence: [{ at: isoTime(at) }] };
}

// No file comes with a record here, so none can differ from what the record names; but what it
// names must have a digest that could be compared.
function checkResources(document) {
  const named = objects(document, "relatedResource");
  for (const { id, digestMultibase } of named) {
    checkDigest(digestMultibase);
    if (FACTS.contexts.includes(id)) throw new NotKnown("resource-elsewhere");
  }
  if (!named.length) return { said: "no-resources" };
  return { said: "resources-absent", evidence: named.map(({ id }) => ({ named: id })) };
}

// A multihash of SHA-256, SHA-384 or SHA-512 has the length of its kind.
function checkDigest(written) {
  const decode = { u: base64urlDecode, z: base58Decode }[written[0]];
  const data = decode(written.slice(1));
  const known = [[0x12, 32], [0x20, 48], [0x13, 64]].find(
    ([kind, length]) => data[0] === kind && data[1] === length,
  );
  if (known && data.length !== 2 + known[1]) throw new Refused("resource-digest");
}
