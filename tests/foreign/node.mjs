// What every judge here needs: the node's answers, and nothing else from the network.
//
//     node verify_x.mjs BASE_URL FILE...   prints {"verified": true|false, ...} for each file
//
// did:web says https; the node under test speaks http on loopback. So an address on the node's host
// is fetched from BASE_URL, the Open Badges schema from the file in OPENCPD_OB3_SCHEMA, and every
// other address is refused.
import {readFile} from 'node:fs/promises';

export const [base, ...files] = process.argv.slice(2);
export let text; // the record that is judged now
export const SCHEMA = process.env.OPENCPD_OB3_SCHEMA;
export const asked = [];

const host = new URL(base).host;
const networkFetch = globalThis.fetch;

globalThis.fetch = async (resource, options) => {
  const url = new URL(typeof resource === 'string' ? resource : resource.url ?? resource);
  asked.push(url.href);
  if(url.host === host) {
    const headers = {accept: 'application/json'};
    return networkFetch(new URL(url.pathname + url.search, base), {headers});
  }
  if(SCHEMA && url.href.includes('/ob/v3p0/schema/')) {
    const body = await readFile(SCHEMA, 'utf8');
    return new Response(body, {headers: {'content-type': 'application/json'}});
  }
  throw new TypeError(`${url.href} is not to be fetched`);
};

export async function didDocument(did) {
  const [address, ...path] = did.split('#')[0].split(':').slice(2);
  const place = path.length ? path.join('/') : '.well-known';
  const response = await fetch(`https://${decodeURIComponent(address)}/${place}/did.json`);
  if(!response.ok) {
    throw new Error(`${did} does not resolve: ${response.status}`);
  }
  return response.json();
}

// Run a judge on each record and print its verdict; whatever it throws is a no.
export async function judge(verify) {
  for(const file of files) {
    text = (await readFile(file, 'utf8')).trim();
    asked.length = 0;
    let verdict;
    try {
      verdict = await verify();
    } catch(error) {
      verdict = {verified: false, error: String(error?.stack ?? error)};
    }
    console.log(JSON.stringify({...verdict, asked}));
  }
}
