import { ConfigError } from './config';
import { createKeyring, parseKeys } from './keyring';

/** A data key as it is kept: nobody opens it without the master key. */
export interface WrappedKey {
  masterId: string;
  wrapped: string;
}

/** The keeper of the master keys, which wrap data keys and nothing else: ENCRYPTION_KEYS, or a key management service. */
export interface KeyWrapper {
  /** The master key that wraps now. */
  readonly masterId: string;
  /** `name` is authenticated: what was wrapped under one opens under no other. */
  wrapKey(key: Buffer, name: string): Promise<WrappedKey>;
  /** Throws where the master key is not to be had. */
  unwrapKey(kept: WrappedKey, name: string): Promise<Buffer>;
}

/** Wraps with the first of ENCRYPTION_KEYS and unwraps with any. Throws a ConfigError. */
export function createKeyWrapper(encryptionKeys: string): KeyWrapper {
  const masters = createKeyring(encryptionKeys);
  const { all } = parseKeys(encryptionKeys);
  return {
    masterId: masters.readKeyId(),
    async wrapKey(key, name) {
      const { keyId, data } = masters.encrypt(PURPOSE, key, name);
      return { masterId: keyId, wrapped: data.toString('base64') };
    },
    async unwrapKey({ masterId, wrapped }, name) {
      if (!all.has(masterId))
        throw new ConfigError(`ENCRYPTION_KEYS: lacks the key ${masterId}, which wraps what data is sealed by`);
      return masters.decrypt(PURPOSE, { keyId: masterId, data: Buffer.from(wrapped, 'base64') }, name);
    },
  };
}

const PURPOSE = 'data-key';
