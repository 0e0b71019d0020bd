// Members of an object read with their kind, times read as records write them, values compared.

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,9})?(?:Z|([+-])(\d\d):(\d\d))$/;
const [FIRST_TIME, LAST_TIME] = [-62135596800000, 253402300800000]; // the years 1 to 9999

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === "string";
const listOf = (value) => (Array.isArray(value) ? value : [value]);
const textsIn = (value) => listOf(value).filter(isText);

function text(members, name) {
  if (!isText(members[name])) throw new Refused("member-kind", { name });
  return members[name];
}

const optionalText = (members, name) => (name in members ? text(members, name) : null);
const optionalTime = (members, name) => (name in members ? readTime(text(members, name)) : null);

function whole(members, name) {
  if (!Number.isInteger(members[name])) throw new Refused("member-kind", { name });
  return members[name];
}

function nested(members, name) {
  if (!isObject(members[name])) throw new Refused("member-kind", { name });
  return members[name];
}

// A list of objects; an absent member is an empty list, one object is a list of one.
function objects(members, name) {
  const found = name in members ? listOf(members[name]) : [];
  if (!found.every(isObject)) throw new Refused("member-kind", { name });
  return found;
}

// The id of a party that may be given as a text or as an object.
function identifierOf(value) {
  const found = isObject(value) ? value.id : value;
  return isText(found) ? found : null;
}

// A time in milliseconds, such as `2026-11-23T12:00:00Z`.
function readTime(written) {
  const [, year, month, day, hour, minute, second, part, sign, hours, minutes] =
    TIME.exec(written) ?? notATime(written);
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const real = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!real || year === "0000" || hour > 23 || minute > 59 || second > 59) notATime(written);
  if (hours > 23 || minutes > 59) notATime(written);
  const zone = sign ? Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) : 0;
  const clock = (Number(hour) * 60 + Number(minute) - zone) * 60 + Number(second);
  const micros = Math.floor(Number(part ?? 0) * 1e6 + 1e-4);
  const time = date.getTime() + clock * 1000 + micros / 1000;
  return time < FIRST_TIME || time >= LAST_TIME ? notATime(written) : time;
}

function notATime(written) {
  throw new Refused("time-malformed", { written: written.slice(0, 40) });
}

function equal(one, other) {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, at) => equal(entry, other[at]));
  }
  if (isObject(one) && isObject(other)) {
    const names = Object.keys(one);
    const same = names.length === Object.keys(other).length;
    return same && names.every((name) => name in other && equal(one[name], other[name]));
  }
  return one === other;
}
