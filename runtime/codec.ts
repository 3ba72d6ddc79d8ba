import {
  METADATA_ENCODING_KEY,
  type DataConverter,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { temporal } from '@temporalio/proto';
import type { Keyring } from './keyring';

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const FORMAT = 'countersign-format';
const NAMESPACE = 'countersign-namespace';
const WORKFLOW_ID = 'countersign-workflow-id';
const PURPOSE = 'payload';

/** The workflow that a payload belongs to. */
interface Owner {
  namespace: string;
  workflowId: string;
}

/** The way in which a payload is taken that is not sealed: any program that reaches Temporal may have written it. */
export type PlainPayloads = 'refused' | 'allowed';

/**
 * Encrypts every payload whole; opens those that it made and refuses others, or passes them on as they are. Format 2 binds a payload to
 * its workflow: namespace and workflow id are in its metadata and authenticated, and compared whenever the SDK says
 * whose payload it opens. Format 1, which does not say whose it is, is written only if the SDK gives no workflow; it
 * opens until the last run that holds it has ended.
 */
export function createCodec(keyring: Keyring, plain: PlainPayloads = 'refused'): PayloadCodec {
  const { Payload: proto } = temporal.api.common.v1;

  function sealPayload(payload: Payload, owner: Owner | null): Payload {
    const { keyId, data } = keyring.encrypt(PURPOSE, proto.encode(payload).finish(), buildAad(owner));
    return {
      metadata: {
        [METADATA_ENCODING_KEY]: encode(ENCODING),
        [KEY_ID]: encode(keyId),
        ...(owner && {
          [FORMAT]: encode('2'),
          [NAMESPACE]: encode(owner.namespace),
          [WORKFLOW_ID]: encode(owner.workflowId),
        }),
      },
      data,
    };
  }

  function openPayload(payload: Payload, opener: Owner | null): Payload {
    if (readMetadata(payload, METADATA_ENCODING_KEY) !== ENCODING) {
      if (plain === 'refused') throw new Error('This payload is not sealed, and PLAIN_PAYLOADS refuses it');
      return payload;
    }
    const owner =
      readMetadata(payload, FORMAT) === '2'
        ? { namespace: readMetadata(payload, NAMESPACE), workflowId: readMetadata(payload, WORKFLOW_ID) }
        : null;
    if (owner && opener && buildAad(owner) !== buildAad(opener)) throw new Error('This payload is of another workflow');
    const sealed = { keyId: readMetadata(payload, KEY_ID), data: payload.data ?? new Uint8Array() };
    return proto.decode(keyring.decrypt(PURPOSE, sealed, buildAad(owner)));
  }

  return {
    encode: async (payloads, context) => payloads.map((payload) => sealPayload(payload, findOwner(context))),
    decode: async (payloads, context) => payloads.map((payload) => openPayload(payload, findOwner(context))),
  };
}

const buildAad = (owner: Owner | null): string =>
  owner === null ? ENCODING : JSON.stringify([ENCODING, 2, owner.namespace, owner.workflowId]);

const findOwner = (context: SerializationContext | undefined): Owner | null =>
  context?.workflowId ? { namespace: context.namespace, workflowId: context.workflowId } : null;

const readMetadata = (payload: Payload, name: string): string => decode(payload.metadata?.[name] ?? new Uint8Array());

/** Creates the data converter of client and worker: both must be given the same. */
export const createDataConverter = (keyring: Keyring, plain?: PlainPayloads): DataConverter => ({
  payloadCodecs: [createCodec(keyring, plain)],
  failureConverterPath: require.resolve('./failure-converter'),
});

/** A payload as JSON has it: bytes are base64. */
interface JsonPayload {
  metadata?: Record<string, string> | undefined;
  data?: string | undefined;
}

/**
 * Opens payloads for a person: `workflowIds` are those that they are sealed for, and `open` opens those of which `mayOpen`
 * says yes, with the workflow's id, or null where a payload names none. One that does not open stays as it is.
 */
export function createPayloadOpener(keyring: Keyring, given: readonly JsonPayload[]) {
  const { Payload: proto } = temporal.api.common.v1;
  const codec = createCodec(keyring, 'allowed');
  const payloads = given.map((one) => proto.fromObject(one));
  const nameWorkflow = (payload: Payload): string | null => readMetadata(payload, WORKFLOW_ID) || null;

  async function openOne(payload: Payload): Promise<Payload> {
    const [opened] = await codec.decode([payload]).catch(() => [payload]);
    return opened!;
  }

  return {
    workflowIds: [...new Set(payloads.flatMap((one) => nameWorkflow(one) ?? []))],
    open: (mayOpen: (workflowId: string | null) => boolean): Promise<JsonPayload[]> =>
      Promise.all(
        payloads.map(async (one) =>
          proto.toObject(proto.create(mayOpen(nameWorkflow(one)) ? await openOne(one) : one), { bytes: String }),
        ),
      ),
  };
}
