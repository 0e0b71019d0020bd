// A client that nobody here wrote (panva's openid-client) against a node's authorization server.
// Reads what it needs from its first argument (JSON); prints what came of it as one line of JSON.
import * as oauth from "openid-client";

const given = JSON.parse(process.argv[2]);
const said = {};

async function configured(id, metadata, method) {
  // By RFC 8414; the node is on loopback, so over plain http.
  const options = { algorithm: "oauth2", execute: [oauth.allowInsecureRequests] };
  return oauth.discovery(new URL(given.issuer), id, metadata, method, options);
}

async function privateKey(jwk) {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  return crypto.subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
}

async function clientCredentials(name, config) {
  const token = await oauth.clientCredentialsGrant(config, { scope: "records:read" });
  const before = await oauth.tokenIntrospection(config, token.access_token);
  await oauth.tokenRevocation(config, token.access_token);
  const after = await oauth.tokenIntrospection(config, token.access_token);
  said[name] = {
    scope: token.scope,
    type: token.token_type,
    active: [before.active, after.active],
    client: before.client_id,
  };
}

// What a person's browser does: it sees the page, and its form is sent with the person's "allow".
async function decide(url) {
  const headers = { cookie: given.cookie, accept: "text/html", "sec-fetch-site": "cross-site" };
  const page = await fetch(url, { headers, redirect: "manual" });
  if (page.status !== 200) throw new Error(`the page answers ${page.status}`);
  const answer = await fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { ...headers, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ decision: "allow", organisation: given.organisation }),
  });
  return new URL(answer.headers.get("location"));
}

async function authorizationCode(name, config, redirectUri, scope) {
  const verifier = oauth.randomPKCECodeVerifier();
  const state = oauth.randomState();
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const back = await decide(url);
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  const first = await oauth.authorizationCodeGrant(config, back, checks);
  const second = await oauth.refreshTokenGrant(config, first.refresh_token);
  let reused = "accepted";
  try {
    await oauth.refreshTokenGrant(config, first.refresh_token);
  } catch (error) {
    reused = error.error;
  }
  let stolen = "accepted";
  back.searchParams.set("iss", "https://other.example"); // RFC 9207: an answer of somebody else
  try {
    await oauth.authorizationCodeGrant(config, back, checks);
  } catch (error) {
    stolen = error.code;
  }
  said[name] = { scope: second.scope, rotated: first.refresh_token !== second.refresh_token, reused, stolen };
}

const { basic, post, keyed, web, native } = given.clients;
await clientCredentials("basic", await configured(basic.id, undefined, oauth.ClientSecretBasic(basic.secret)));
await clientCredentials("post", await configured(post.id, undefined, oauth.ClientSecretPost(post.secret)));
const key = await privateKey(keyed.jwk);
await clientCredentials("keyed", await configured(keyed.id, undefined, oauth.PrivateKeyJwt(key)));
const webConfig = await configured(web.id, undefined, oauth.ClientSecretBasic(web.secret));
await authorizationCode("web", webConfig, web.redirect_uri, "catalogue:write");
given.organisation = "";
const nativeConfig = await configured(native.id, undefined, oauth.None());
await authorizationCode("native", nativeConfig, native.redirect_uri, "profile:read");
said.metadata = webConfig.serverMetadata();
console.log(JSON.stringify(said));
