// The token, judged by did-jwt: the key is found through the issuer's DID document.
import {didDocument, judge, text} from './node.mjs';
import {verifyJWT} from 'did-jwt';

await judge(async () => {
  const resolver = {
    resolve: async did => ({
      didDocument: await didDocument(did), didDocumentMetadata: {}, didResolutionMetadata: {},
    }),
  };
  const result = await verifyJWT(text, {resolver, proofPurpose: 'assertionMethod'});
  return {verified: result.verified && result.payload.issuer.id === result.issuer};
});
