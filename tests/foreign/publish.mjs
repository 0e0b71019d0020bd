// A client that nobody here wrote (panva's openid-client) publishes a catalogue.
// Reads what it needs from its first argument (JSON); prints what came of it as one line of JSON.
import * as oauth from "openid-client";

const given = JSON.parse(process.argv[2]);
const options = { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] };
const config = await oauth.discovery(
  new URL(given.issuer), given.id, undefined, oauth.ClientSecretBasic(given.secret), options,
);
config.timeout = 600; // seconds; its usual thirty are for questions, not for catalogues
const { access_token: token } = await oauth.clientCredentialsGrant(config, { scope: "catalogue:write" });
const api = `${given.issuer}/api/v1/societies/cse`;

async function ask(method, path, body, headers) {
  const answer = await oauth.fetchProtectedResource(
    config, token, new URL(api + path), method, body, new Headers(headers),
  );
  return [answer, await answer.text()];
}

const course = (number) => ({
  title: { en: `Bridges, part ${number}` },
  url: `https://cse.example/courses/${number}`,
});
const lines = Array.from({ length: given.count }, (_, number) =>
  JSON.stringify(
    number === 7
      ? { remote_id: `C-${number}`, course: { title: {} } }
      : { remote_id: `C-${number}`, course: course(number) },
  ),
).join("\n");
const ndjson = {
  "content-type": "application/x-ndjson",
  accept: "application/x-ndjson",
  "idempotency-key": "the-whole-catalogue",
};
const [, told] = await ask("POST", "/courses:batch", lines, ndjson);
const [again, repeated] = await ask("POST", "/courses:batch", lines, ndjson);
const counts = {};
for (const line of told.trim().split("\n")) {
  const { outcome } = JSON.parse(line);
  counts[outcome] = (counts[outcome] ?? 0) + 1;
}

const json = { "content-type": "application/json" };
const changed = (level) => JSON.stringify({ ...course(1), level });
const [first] = await ask("PUT", "/courses/C-1", changed("one"), json);
const tag = first.headers.get("etag");
const [second] = await ask("PUT", "/courses/C-1", changed("two"), { ...json, "if-match": tag });
const stale = { ...json, "if-match": tag };
let refused;
try {
  [refused] = await ask("PUT", "/courses/C-1", changed("three"), stale);
} catch (error) {
  refused = error.cause ?? error.response ?? error;
}
console.log(
  JSON.stringify({
    counts,
    same: repeated === told,
    replayed: again.headers.get("idempotent-replayed"),
    statuses: [first.status, second.status, refused.status],
  }),
);
