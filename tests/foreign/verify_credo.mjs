// The token, judged by the wallet framework Credo as a VC Data Model 2.0 credential (vc+jwt).
import {didDocument, judge, text} from './node.mjs';
import {
  Agent, CacheModule, DependencyManager, DidDocument, DidsModule, InjectionSymbols,
  InMemoryLruCache, JsonTransformer, Kms, W3cV2CredentialService, W3cV2JwtVerifiableCredential,
} from '@credo-ts/core';
import {EventEmitter} from 'node:events';

// Its package for Node loads native code for transports that nobody needs to verify.
const keys = new URL('./node_modules/@credo-ts/node/build/kms/', import.meta.url);
const {NodeKeyManagementService} = await import(new URL('NodeKeyManagementService.mjs', keys));
const {NodeInMemoryKeyManagementStorage} =
  await import(new URL('NodeInMemoryKeyManagementStorage.mjs', keys));

class NoFiles {}

class Resolver {
  supportedMethods = ['web'];
  allowsCaching = false;
  allowsLocalDidRecord = false;

  async resolve(_context, did) {
    const document = JsonTransformer.fromJSON(await didDocument(did), DidDocument);
    return {didDocument: document, didDocumentMetadata: {}, didResolutionMetadata: {}};
  }
}

function agent() {
  const parts = new DependencyManager();
  parts.registerInstance(InjectionSymbols.StorageService, {});
  const backend = new NodeKeyManagementService(new NodeInMemoryKeyManagementStorage());
  return new Agent({
    dependencies: {
      FileSystem: NoFiles, EventEmitterClass: EventEmitter, fetch: globalThis.fetch,
      WebSocketClass: NoFiles,
    },
    modules: {
      cache: new CacheModule({cache: new InMemoryLruCache({limit: 9})}),
      dids: new DidsModule({resolvers: [new Resolver()]}),
      kms: new Kms.KeyManagementModule({backends: [backend]}),
    },
  }, parts);
}

await judge(async () => {
  const {context, dependencyManager} = agent();
  const service = dependencyManager.resolve(W3cV2CredentialService);
  const credential = W3cV2JwtVerifiableCredential.fromCompact(text);
  const result = await service.verifyCredential(context, {credential});
  const found = Object.fromEntries(
    Object.entries(result.validations).map(([name, {isValid}]) => [name, isValid]));
  return {verified: result.isValid === true, found, error: String(result.error ?? '')};
});
