// The trust bundle under its publisher's signature: who may sign, with which key, from when to when,
// and the status lists as their issuers signed them. As app.verification.signed_bundle opens it.

const BUNDLE_TYPE = "opencpd-trust-bundle+json";
const MOST_SIGNATURES = 16;

// `remembered` gives what this device knows of a publisher: its keys and the newest version seen.
async function openBundle(data, remembered) {
  const { payload, signatures } = takeApart(data);
  const bundle = loadBundle(payload);
  if (bundle.publisher === null) throw new Refused("bundle-publisher");
  const publisher = bundle.issuers.get(bundle.publisher);
  const known = remembered(bundle.publisher);
  const listed = publisher.keys.filter((entry) => known || entry.retiredAt === null);
  const accepted = known ? known.keys : listed.map(({ key }) => key);
  const signature = await signedBy(accepted, signatures, known ? "bundle-key-changed" : "bundle-signer");
  const entry = publisher.keys.find(({ key }) => key.id === signature.key.id);
  const good = entry && entry.key.multibase === signature.key.multibase;
  if (!good || entry.compromisedSince !== null) throw new Refused("bundle-signer");
  if (known && bundle.version < known.version) {
    throw new Refused("bundle-older", { version: bundle.version, least: known.version });
  }
  return { ...bundle, key: entry.key, name: publisher.name, pinned: Boolean(known) };
}

function takeApart(data) {
  const { size, depth } = FACTS.limits.bundle;
  const members = parseObject(trimBytes(data), { size: Math.ceil((size / 3) * 4) + 65536, depth });
  if (!("signatures" in members) && "issuers" in members) throw new Refused("bundle-unsigned");
  if (Object.keys(members).sort().join() !== "payload,signatures") throw new Refused("bundle-format");
  const payload = text(members, "payload");
  const entries = objects(members, "signatures");
  if (!entries.length || entries.length > MOST_SIGNATURES) throw new Refused("bundle-format");
  return {
    payload: base64urlDecode(payload),
    signatures: entries.map((entry) => readSignature(entry, payload)).filter(Boolean),
  };
}

// A signature whose header says nothing but what is understood here; others are passed over.
function readSignature(entry, payload) {
  const encoded = text(entry, "protected");
  const signature = base64urlDecode(text(entry, "signature"));
  if (Object.keys(entry).length !== 2) throw new Refused("bundle-format");
  const header = parseObject(base64urlDecode(encoded), { size: 2048, depth: 2 });
  const known = Object.keys(header).sort().join() === "alg,kid,typ" && header.typ === BUNDLE_TYPE;
  if (!known) return null;
  const [alg, kid] = [text(header, "alg"), text(header, "kid")];
  return { alg, kid, signature, signingInput: () => utf8Encode(`${encoded}.${payload}`) };
}

// The first signature that one of the accepted keys made, with that key.
async function signedBy(accepted, signatures, code) {
  for (const { alg, kid, signature, signingInput } of signatures) {
    for (const key of accepted) {
      if (key.id !== kid || TOKEN_NAMES[key.algorithm][0] !== alg) continue;
      try {
        await verifySignature(key, signature, signingInput());
        return { key };
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
      }
    }
  }
  throw new Refused(code);
}

function loadBundle(payload) {
  const members = parseObject(payload, FACTS.limits.bundle);
  if (members.format !== "opencpd-trust-bundle" || members.format_version !== 1) {
    throw new Refused("bundle-format");
  }
  const issuers = objects(members, "issuers").map(loadIssuer);
  const lists = objects(members, "status_lists").map(loadList);
  const bundle = {
    version: whole(members, "version"),
    issuedAt: readTime(text(members, "issued_at")),
    publisher: optionalText(members, "publisher"),
    issuers: new Map(issuers.map((issuer) => [issuer.id, issuer])),
    lists: new Map(lists.map((list) => [list.url, list])),
    opened: new Map(), // status lists that were verified and inflated, by URL
  };
  const twice = bundle.issuers.size !== issuers.length || bundle.lists.size !== lists.length;
  if (twice) throw new Refused("bundle-duplicate");
  if (bundle.publisher !== null && !bundle.issuers.has(bundle.publisher)) {
    throw new Refused("bundle-publisher");
  }
  return bundle;
}

function loadIssuer(members) {
  const id = text(members, "id");
  const keys = objects(members, "keys").map((entry) => loadKey(entry, id));
  if (new Set(keys.map(({ key }) => key.id)).size !== keys.length) {
    throw new Refused("bundle-duplicate");
  }
  const statusIssuers = members.status_issuers ?? [];
  if (!Array.isArray(statusIssuers) || !statusIssuers.every(isText)) {
    throw new Refused("member-kind", { name: "status_issuers" });
  }
  return { id, name: text(members, "name"), keys, statusIssuers };
}

function loadKey(members, issuer) {
  const id = text(members, "id");
  if (id.split("#")[0] !== issuer) throw new Refused("bundle-key");
  return {
    key: readKey(id, text(members, "publicKeyMultibase")),
    validFrom: readTime(text(members, "valid_from")),
    retiredAt: optionalTime(members, "retired_at"),
    compromisedSince: optionalTime(members, "compromised_since"),
  };
}

function loadList(members) {
  const fetchedAt = readTime(text(members, "fetched_at"));
  return { url: text(members, "url"), body: text(members, "body"), fetchedAt };
}
