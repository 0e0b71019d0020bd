// Public keys: a Multikey (W3C Controlled Identifiers 1.0, section 2.2.2), and the check of a
// signature by WebCrypto. The algorithm belongs to the key and never to the message.

const CURVES = {
  ES256: {
    name: "P-256",
    hash: "SHA-256",
    size: 32,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  ES384: {
    name: "P-384",
    hash: "SHA-384",
    size: 48,
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
  },
};
const PREFIXES = { Ed25519: [0xed, 0x01, 34], ES256: [0x80, 0x24, 35], ES384: [0x81, 0x24, 51] };
const TOKEN_NAMES = { Ed25519: ["EdDSA", "Ed25519"], ES256: ["ES256"], ES384: ["ES384"] };

// Whether an elliptic point exists is asked when the key is first used: a bundle has many keys.
function readKey(id, multibase) {
  if (!multibase.startsWith("z")) throw new Refused("key-malformed", { key: id });
  const data = base58Decode(multibase.slice(1));
  for (const [algorithm, [first, second, length]] of Object.entries(PREFIXES)) {
    if (data[0] !== first || data[1] !== second) continue;
    if (data.length !== length) throw new Refused("key-malformed", { key: id });
    return { id, multibase, algorithm, raw: data.subarray(2), opened: null };
  }
  throw new Refused("key-unsupported", { key: id });
}

async function verifySignature(key, signature, data) {
  key.opened ??= await openKey(key);
  const { hash } = CURVES[key.algorithm] ?? {};
  const algorithm = hash ? { name: "ECDSA", hash } : { name: "Ed25519" };
  if (!(await crypto.subtle.verify(algorithm, key.opened, signature, data))) {
    throw new Refused("signature-invalid");
  }
}

async function openKey(key) {
  const curve = CURVES[key.algorithm];
  if (curve) {
    const algorithm = { name: "ECDSA", namedCurve: curve.name };
    return crypto.subtle.importKey("raw", fullPoint(key, curve), algorithm, false, ["verify"]);
  }
  try {
    return await crypto.subtle.importKey("raw", key.raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new NotKnown("algorithm-unsupported", { algorithm: key.algorithm });
  }
}

// The point with both coordinates, from one and the sign of the other: y² = x³ - 3x + b (mod p).
// Both primes are 3 modulo 4, so a root of a square is its power (p + 1) / 4.
function fullPoint(key, { p, b, size }) {
  const x = numberOf(key.raw.subarray(1));
  const square = (((x * x - 3n) * x + b) % p + p) % p;
  let y = power(square, (p + 1n) / 4n, p);
  const onCurve = x < p && (y * y) % p === square && (key.raw[0] === 2 || key.raw[0] === 3);
  if (!onCurve) throw new Refused("key-malformed", { key: key.id });
  if ((y & 1n) !== BigInt(key.raw[0] & 1)) y = p - y;
  return new Uint8Array([4, ...key.raw.subarray(1), ...bytesOf(y, size)]);
}

function power(base, exponent, modulus) {
  let result = 1n;
  for (let square = base; exponent; exponent >>= 1n, square = (square * square) % modulus) {
    if (exponent & 1n) result = (result * square) % modulus;
  }
  return result;
}
