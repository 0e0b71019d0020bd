// An OpenID provider that others wrote, on loopback, with one client and some accounts.
//
//     node oidc_provider.mjs '{"issuer": "http://127.0.0.2:9000", "client": {...}, "accounts": {...}}'
//
// Prints "ready" when it listens, and a line for each log-out that it tells the client of. Its own
// pages ask for any name and password; the name is the account.
import Provider from 'oidc-provider';

const {issuer, client, accounts} = JSON.parse(process.argv[2]);
const {hostname, port} = new URL(issuer);

const provider = new Provider(issuer, {
  clients: [client],
  claims: {
    openid: ['sub'],
    profile: ['name', 'locale'],
    email: ['email', 'email_verified'],
  },
  features: {backchannelLogout: {enabled: true}},
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({sub: id, ...accounts[id]}),
  }),
  cookies: {keys: ['a key for tests only']},
  // It would refuse to speak to a client on loopback.
  fetch: (url, {dispatcher, ...options}) => globalThis.fetch(url, options),
});

provider.on('backchannel.success', () => console.log('backchannel success'));
provider.on('backchannel.error', (_context, error) => console.log(`backchannel error ${error}`));
provider.listen(Number(port), hostname, () => console.log('ready'));
