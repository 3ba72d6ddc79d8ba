import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { ConfigError } from './config';

interface Ciphertext {
  keyId: string;
  /** Initialisation vector (12 bytes), ciphertext, tag (16 bytes). */
  data: Buffer;
}

/** Encrypts with the first key, and opens what any of them sealed. Each purpose has its own subkey. */
export interface Keyring {
  encrypt(purpose: string, plaintext: Uint8Array, aad: string): Ciphertext;
  /** Throws if the key id is unknown, or if data, purpose or aad are not those of the encryption. */
  decrypt(purpose: string, sealed: { keyId: string; data: Uint8Array }, aad: string): Buffer;
  /** Text to store: key id, dot, base64url. `aad` says whose it is, so that it opens nowhere else. */
  seal(text: string, aad: string): string;
  open(sealed: string, aad: string): string;
  /** Computes a keyed hash, for finding data that is only stored sealed; under the key that seals. */
  computeLookupHash(text: string): Buffer;
  /** Computes the hashes under every key, so that data from before a rotation is found too. */
  computeLookupHashes(text: string): Buffer[];
  /** The id of the key that seals now. */
  readKeyId(): string;
}

/** Keys of 32 bytes by their ids: all of them open, one seals. */
export interface SealingKeys {
  sealing: string;
  all: ReadonlyMap<string, Buffer>;
}

const FORM = /^([A-Za-z0-9_-]{1,40}):([A-Za-z0-9+/]{43}=)$/;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Builds a keyring of the keys that `readKeys` returns at the time: an id means one key for ever. */
export function buildKeyring(readKeys: () => SealingKeys): Keyring {
  const subkeys = new Map<string, Buffer>();

  function deriveSubkey(keyId: string, purpose: string): Buffer {
    const name = `${keyId} ${purpose}`;
    const known = subkeys.get(name);
    if (known) return known;
    const key = readKeys().all.get(keyId);
    if (!key) throw new Error('The key that sealed this is neither in ENCRYPTION_KEYS nor among the data keys');
    const derived = Buffer.from(hkdfSync('sha256', key, '', `countersign/${purpose}`, 32));
    subkeys.set(name, derived);
    return derived;
  }

  function encryptBytes(purpose: string, plaintext: Uint8Array, aad: string): Ciphertext {
    const iv = randomBytes(IV_BYTES);
    const { sealing: keyId } = readKeys();
    const cipher = createCipheriv('aes-256-gcm', deriveSubkey(keyId, purpose), iv).setAAD(Buffer.from(aad));
    const body = [iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
    return { keyId, data: Buffer.concat(body) };
  }

  function decryptBytes(purpose: string, { keyId, data }: { keyId: string; data: Uint8Array }, aad: string): Buffer {
    const key = deriveSubkey(keyId, purpose);
    if (data.length < IV_BYTES + TAG_BYTES) throw new Error('The sealed data is too short');
    const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(aad))
      .setAuthTag(data.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
  }

  const computeHmac = (keyId: string, purpose: string, text: string) =>
    createHmac('sha256', deriveSubkey(keyId, purpose)).update(text).digest();

  return {
    encrypt: encryptBytes,
    decrypt: decryptBytes,
    seal(text, aad) {
      const { keyId, data } = encryptBytes('field', Buffer.from(text), aad);
      return `${keyId}.${data.toString('base64url')}`;
    },
    open(sealed, aad) {
      const dot = sealed.indexOf('.');
      const data = Buffer.from(sealed.slice(dot + 1), 'base64url');
      return decryptBytes('field', { keyId: sealed.slice(0, dot), data }, aad).toString();
    },
    computeLookupHash: (text) => computeHmac(readKeys().sealing, 'lookup', text),
    computeLookupHashes: (text) => [...readKeys().all.keys()].map((keyId) => computeHmac(keyId, 'lookup', text)),
    readKeyId: () => readKeys().sealing,
  };
}

/** Creates a keyring of the keys in ENCRYPTION_KEYS alone; throws a ConfigError. */
export function createKeyring(encryptionKeys: string): Keyring {
  const keys = parseKeys(encryptionKeys);
  return buildKeyring(() => keys);
}

/** Reads ENCRYPTION_KEYS, `id:base64 of 32 bytes` with commas between; the first seals, all open. Throws a ConfigError. */
export function parseKeys(encryptionKeys: string): SealingKeys {
  const masters = new Map<string, Buffer>();
  for (const entry of encryptionKeys.split(',')) {
    const [, id, key] = FORM.exec(entry.trim()) ?? [];
    if (!id || !key) throw new ConfigError('ENCRYPTION_KEYS: must be id:base64 of 32 bytes, with commas between keys');
    if (masters.has(id)) throw new ConfigError(`ENCRYPTION_KEYS: names the key ${id} twice`);
    masters.set(id, Buffer.from(key, 'base64'));
  }
  const [sealing] = masters.keys() as Iterable<string> as [string];
  return { sealing, all: masters };
}
