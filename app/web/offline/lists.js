// Status lists out of the bundle: W3C Bitstring Status List 1.0, section 3.2. A list counts only
// when the record's issuer signed it, or a party that the bundle says may keep that issuer's lists.

// Opened once per bundle; its age is asked every time.
async function openList(url, issuer, bundle) {
  const held = bundle.lists.get(url);
  if (!held) throw new NotKnown("status-absent", { url });
  const place = `${issuer.id} ${url}`;
  if (!bundle.opened.has(place)) bundle.opened.set(place, await verifyList(held, issuer, bundle));
  return bundle.opened.get(place);
}

async function verifyList(held, issuer, bundle) {
  const limits = FACTS.limits.list;
  const source = readRecord(utf8Encode(held.body), limits);
  if (!isText(source) && "proof" in source) throw new NotKnown("status-elsewhere", { url: held.url });
  const token = recognise(source, limits);
  const { credential } = token;
  const signer = listSigner(credential, issuer, bundle);
  if (credential.id !== held.url) throw new Refused("status-id");
  if (!textsIn(credential.type).includes("BitstringStatusListCredential")) {
    throw new Refused("status-type");
  }
  const entry = findKey(token.keyId, signer);
  await verifyToken(token, entry.key);
  const subject = nested(credential, "credentialSubject");
  if (text(subject, "type") !== "BitstringStatusList") throw new Refused("status-type");
  return {
    held,
    entry,
    signedAt: token.signedAt,
    purposes: textsIn(subject.statusPurpose),
    bits: await inflate(text(subject, "encodedList")),
    since: optionalTime(credential, "validFrom"),
    until: optionalTime(credential, "validUntil"),
  };
}

function listSigner(credential, issuer, bundle) {
  const signer = identifierOf(credential.issuer);
  if (signer === issuer.id) return issuer;
  const known = issuer.statusIssuers.includes(signer) && bundle.issuers.get(signer);
  if (!known) throw new Refused("status-issuer");
  return known;
}

// A list's ttl is advice to whoever fetches, not its end: here nothing is fetched.
function checkAge({ held, entry, signedAt, since, until }, at) {
  const { leeway, oldestStatus } = FACTS.limits;
  if (until !== null && at - until > leeway) throw new NotKnown("status-stale");
  if (since !== null && since - at > leeway) throw new NotKnown("status-future");
  checkKeyTime(entry, signedAt, at);
  if (at - held.fetchedAt > oldestStatus) throw new NotKnown("status-stale");
}

// One entry of a list. Bit 0 is the leftmost of the first byte.
function readBit({ purposes, bits }, index, purpose) {
  if (!purposes.includes(purpose)) throw new Refused("status-purpose", { purpose });
  if (index >= bits.length * 8) throw new Refused("status-index");
  return Boolean(bits[index >> 3] & (0x80 >> (index & 7)));
}

// gzip behind base64url; a small text cannot fill a machine, and nothing may follow the list.
async function inflate(encoded) {
  if (!encoded.startsWith("u")) throw new Refused("status-encoding");
  const packed = new Blob([base64urlDecode(encoded.slice(1))]);
  const reader = packed.stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const chunks = [];
  let size = 0;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      size += next.value.length;
      if (size > FACTS.limits.largestList) throw new Refused("status-too-large");
      chunks.push(next.value);
    }
  } catch (error) {
    if (error instanceof TypeError) throw new Refused("status-encoding");
    await reader.cancel();
    throw error;
  }
  if (size * 8 < FACTS.limits.smallestList) throw new Refused("status-length");
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
