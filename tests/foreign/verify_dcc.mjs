// The embedded proof, dates, status and schema, judged by the verifier of the learner wallets.
import {judge, SCHEMA, text} from './node.mjs';

await judge(async () => {
  const {verifyCredential} = await import('@digitalcredentials/verifier-core');
  const result = await verifyCredential({credential: JSON.parse(text), knownDIDRegistries: []});
  const found = Object.fromEntries((result.log ?? []).map(({id, valid}) => [id, valid]));
  const schemas = (result.additionalInformation ?? []).flatMap(({results}) => results);
  const schemaValid = !SCHEMA || schemas.some(({result}) => result?.valid === true);
  const verified = schemaValid &&
    ['valid_signature', 'expiration', 'revocation_status'].every(id => found[id] === true);
  return {verified, found, schemas, errors: result.errors};
});
