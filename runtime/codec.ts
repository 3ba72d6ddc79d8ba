import { METADATA_ENCODING_KEY } from '@temporalio/common';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { temporal } from '@temporalio/proto';
import type { Keyring } from './keyring';

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const PURPOSE = 'payload';

/** Encrypts every payload whole; opens those that it made and passes others on as they are. */
export function createCodec(keyring: Keyring): PayloadCodec {
  const { Payload: proto } = temporal.api.common.v1;

  function seal(payload: Payload): Payload {
    const { keyId, data } = keyring.encrypt(PURPOSE, proto.encode(payload).finish(), ENCODING);
    return { metadata: { [METADATA_ENCODING_KEY]: encode(ENCODING), [KEY_ID]: encode(keyId) }, data };
  }

  function open(payload: Payload): Payload {
    if (metadata(payload, METADATA_ENCODING_KEY) !== ENCODING) return payload;
    const sealed = { keyId: metadata(payload, KEY_ID), data: payload.data ?? new Uint8Array() };
    return proto.decode(keyring.decrypt(PURPOSE, sealed, ENCODING));
  }

  return { encode: async (payloads) => payloads.map(seal), decode: async (payloads) => payloads.map(open) };
}

const metadata = (payload: Payload, name: string): string => decode(payload.metadata?.[name] ?? new Uint8Array());

/** What client and worker convert with: both must be given the same. */
export const dataConverter = (keyring: Keyring): DataConverter => ({
  payloadCodecs: [createCodec(keyring)],
  failureConverterPath: require.resolve('./failure-converter'),
});
