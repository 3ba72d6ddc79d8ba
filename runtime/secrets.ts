import { createHash, randomBytes } from 'node:crypto';

/**
 * Creates the secret of a key, a feed or a webhook: 32 random bytes, which nothing that is stored or configured can
 * tell.
 */
export const createSecret = (encoding: 'base64' | 'base64url' = 'base64url'): string =>
  randomBytes(32).toString(encoding);

/** Hashes a secret that is only ever compared, for storing; with 256 random bits there is nothing to slow down. */
export const hashSecret = (secret: string | Buffer): Buffer => createHash('sha256').update(secret).digest();
