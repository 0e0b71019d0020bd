// The token, judged by jose (panva): the key comes from the issuer's did.json.
import {didDocument, judge, text} from './node.mjs';
import {compactVerify, decodeProtectedHeader, importJWK} from 'jose';

await judge(async () => {
  const {kid} = decodeProtectedHeader(text);
  const document = await didDocument(kid);
  const method = document.verificationMethod.find(({id}) => id === kid);
  if(!method || !document.assertionMethod.includes(kid)) {
    throw new Error(`${kid} is no assertion method of ${document.id}`);
  }
  const key = await importJWK(method.publicKeyJwk, 'ES256');
  const {payload, protectedHeader} = await compactVerify(text, key, {algorithms: ['ES256']});
  const claims = JSON.parse(new TextDecoder().decode(payload));
  const verified = claims.iss === document.id && claims.issuer.id === document.id &&
    claims.nbf * 1000 <= Date.now() && protectedHeader.typ === 'vc+jwt';
  return {verified, title: claims.name};
});
