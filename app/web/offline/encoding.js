// Bytes and texts: UTF-8, base64url without padding (RFC 4648, section 5) and base58, read strictly.

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LONGEST_BASE58 = 256; // its arithmetic is quadratic; keys need 50

const utf8Encode = (text) => new TextEncoder().encode(text);

function utf8Decode(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw new Refused("json-not-unicode");
  }
}

// Spaces around a record do not matter, as in a file that ends with a line break.
function trimBytes(bytes) {
  const isSpace = (byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
  let start = 0;
  let end = bytes.length;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  return bytes.subarray(start, end);
}

// A text that could be written in two ways is refused: nobody can change it and keep its meaning.
function base64urlDecode(text) {
  const over = text.length % 4;
  const last = BASE64URL.indexOf(text.at(-1));
  const stray = (over === 2 && last & 15) || (over === 3 && last & 3);
  if (!/^[A-Za-z0-9_-]*$/.test(text) || over === 1 || stray) throw new Refused("base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

function base64urlEncode(bytes) {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function base58Decode(text) {
  if (text.length > LONGEST_BASE58) throw new Refused("base58");
  let number = 0n;
  for (const letter of text) {
    const digit = BASE58.indexOf(letter);
    if (digit < 0) throw new Refused("base58");
    number = number * 58n + BigInt(digit);
  }
  const zeros = text.length - text.replace(/^1+/, "").length;
  return new Uint8Array([...new Uint8Array(zeros), ...bytesOf(number)]);
}

// The bytes of a number, most significant first; as many as it needs, or `length`.
function bytesOf(number, length = 0) {
  let digits = number ? number.toString(16) : "";
  if (digits.length % 2) digits = `0${digits}`;
  digits = digits.padStart(2 * length, "0");
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

const numberOf = (bytes) =>
  bytes.length ? BigInt(`0x${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`) : 0n;

async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
