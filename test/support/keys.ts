import { createKeyWrapper } from '../../runtime/key-wrapper';
import { createKeyring } from '../../runtime/keyring';

/** The one key of the tests. It is public and protects nothing: recorded histories are opened with it. */
export const TEST_KEYS = `test:${Buffer.alloc(32, 7).toString('base64')}`;

export const testKeyring = createKeyring(TEST_KEYS);
export const testKeyWrapper = createKeyWrapper(TEST_KEYS);
