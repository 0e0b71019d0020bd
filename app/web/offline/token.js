// A credential as a compact token: vc+jwt of W3C VC-JOSE-COSE, section 3.1, with RFC 7515. Keys and
// addresses in the header (jwk, jku, x5c, x5u) are never looked at.

const TOKEN_TYPE = "vc+jwt";
const DATA_URL = `data:application/${TOKEN_TYPE},`;
const REFUSED_HEADERS = ["crit", "b64", "zip", "enc"];
const REGISTERED = ["iss", "sub", "jti", "nbf", "exp", "iat"];

// The text of a token, or the object that the bytes are.
function readRecord(bytes, limits) {
  const stripped = trimBytes(bytes);
  if (stripped[0] === 0x7b) return parseObject(stripped, limits);
  const written = new TextDecoder("latin1").decode(stripped);
  splitToken(written, limits);
  return written;
}

function splitToken(written, limits) {
  const shape = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
  if (written.length > 2 * limits.size || !shape.test(written)) throw new Refused("jwt-malformed");
  const [header, payload, signature] = written.split(".");
  const members = parseObject(base64urlDecode(header), FACTS.limits.record);
  if (REFUSED_HEADERS.some((name) => name in members)) throw new Refused("jwt-header");
  return {
    header: members,
    payload: base64urlDecode(payload),
    signingInput: utf8Encode(`${header}.${payload}`),
    signature: base64urlDecode(signature),
  };
}

// Take a vc+jwt apart: the credential in it, its claims, which key signed it and when.
function readToken(written, limits) {
  const token = splitToken(written, limits);
  const { header } = token;
  if (header.typ !== TOKEN_TYPE || ("cty" in header && header.cty !== "vc")) {
    throw new Refused("jwt-header");
  }
  const claims = parseObject(token.payload, limits);
  if ("vc" in claims || "vp" in claims) throw new Refused("jwt-claims", { name: "vc" });
  const credential = Object.create(null);
  for (const name of Object.keys(claims)) {
    if (!REGISTERED.includes(name)) credential[name] = claims[name];
  }
  checkClaims(claims, credential);
  if (!isText(header.kid)) throw new Refused("jwt-header");
  const signedAt = optionalTime(credential, "validFrom");
  return { ...token, claims, credential, keyId: header.kid, signedAt };
}

// What the claims beside the credential say must be what the credential says.
function checkClaims(claims, credential) {
  const { issuer, credentialSubject: subject } = credential;
  const seconds = (time) => (isText(time) ? Math.trunc(readTime(time) / 1000) : undefined);
  const said = {
    iss: isObject(issuer) ? issuer.id : issuer,
    sub: isObject(subject) ? subject.id : undefined,
    jti: credential.id,
    nbf: seconds(credential.validFrom),
    exp: seconds(credential.validUntil),
  };
  for (const [name, value] of Object.entries(said)) {
    const given = value !== undefined && value !== null && name in claims;
    if (given && !equal(claims[name], value)) throw new Refused("jwt-claims", { name });
  }
  if ("exp" in claims && !("validUntil" in credential)) {
    throw new Refused("jwt-claims", { name: "exp" });
  }
}

// Say how a record is secured; only a token can be checked without canonical RDF.
function recognise(source, limits) {
  if (isText(source)) return readToken(source, limits);
  if (textsIn(source.type).includes("EnvelopedVerifiableCredential")) {
    const address = text(source, "id");
    if (!address.startsWith(DATA_URL)) throw new Refused("envelope");
    return readToken(address.slice(DATA_URL.length), limits);
  }
  if (!("proof" in source)) throw new Refused("unsecured");
  throw new NotKnown("securing-elsewhere");
}

async function verifyToken(token, key) {
  if (!TOKEN_NAMES[key.algorithm].includes(token.header.alg)) {
    throw new Refused("key-algorithm", { algorithm: key.algorithm });
  }
  await verifySignature(key, token.signature, token.signingInput);
}
