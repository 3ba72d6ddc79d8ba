import { ApplicationFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import { decode, encode } from '@temporalio/common/lib/encoding';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow';
import { createCodec, createDataConverter } from '../../../runtime/codec';
import { createKeyring } from '../../../runtime/keyring';

const keyring = createKeyring(`k1:${Buffer.alloc(32, 1).toString('base64')}`);
const codec = createCodec(keyring);
const payload = defaultPayloadConverter.toPayload({ text: 'panel closed' });

async function encoded(): Promise<Payload> {
  const [sealed] = await codec.encode([payload]);
  return sealed!;
}

test('a payload comes back as it was, and is unreadable between', async () => {
  const sealed = await encoded();
  expect(decode(sealed.metadata?.encoding as Uint8Array)).toBe('binary/encrypted');
  expect(decode(sealed.metadata?.['encryption-key-id'] as Uint8Array)).toBe('k1');
  expect(Buffer.from(sealed.data!).toString('latin1')).not.toContain('panel');
  const [opened] = await codec.decode([sealed]);
  expect(defaultPayloadConverter.fromPayload(opened!)).toEqual({ text: 'panel closed' });
});

test('a payload that was tampered with does not open', async () => {
  const sealed = await encoded();
  sealed.data![20]! ^= 1;
  await expect(codec.decode([sealed])).rejects.toThrow();
});

test('a payload under an unknown key does not open', async () => {
  const sealed = await encoded();
  const renamed = { ...sealed, metadata: { ...sealed.metadata, 'encryption-key-id': encode('k2') } };
  await expect(codec.decode([renamed])).rejects.toThrow('neither in ENCRYPTION_KEYS');
});

test('a payload that nobody encrypted is refused, unless the setting allows it', async () => {
  await expect(codec.decode([payload])).rejects.toThrow('PLAIN_PAYLOADS');
  await expect(codec.decode([payload], OWNER)).rejects.toThrow('PLAIN_PAYLOADS');
  expect(await createCodec(keyring, 'allowed').decode([payload])).toEqual([payload]);
});

test('the converter that the path names hides the words of a failure', () => {
  const { failureConverter, payloadConverter } = loadDataConverter(createDataConverter(keyring));
  const failure = failureConverter.errorToFailure(
    ApplicationFailure.create({ message: 'secret words' }),
    payloadConverter,
  );
  expect(failure.message).toBe('Encoded failure');
  expect(failureConverter.failureToError(failure, payloadConverter).message).toBe('secret words');
});

const OWNER = { type: 'workflow', namespace: 'default', workflowId: 'application/one' } as const;
const textOf = ([opened]: Payload[]) => defaultPayloadConverter.fromPayload<{ text: string }>(opened!).text;
const OTHER = { ...OWNER, workflowId: 'application/other' } as const;

test('a payload opens for its own workflow, and for no other one', async () => {
  const [sealed] = await codec.encode([payload], OWNER);
  expect(textOf(await codec.decode([sealed!], OWNER))).toBe('panel closed');
  // a history that is read in a tool is opened without saying whose it is
  expect(textOf(await codec.decode([sealed!]))).toBe('panel closed');
  const step = { type: 'activity', namespace: 'default', workflowId: OWNER.workflowId, isLocal: true } as const;
  expect(textOf(await codec.decode([sealed!], step))).toBe('panel closed');
  await expect(codec.decode([sealed!], OTHER)).rejects.toThrow('of another workflow');
  await expect(codec.decode([sealed!], { ...OWNER, namespace: 'another' })).rejects.toThrow('of another workflow');
});

test('a payload whose owner was rewritten opens for nobody', async () => {
  const [sealed] = await codec.encode([payload], OWNER);
  const moved = {
    ...sealed,
    metadata: { ...sealed!.metadata, 'countersign-workflow-id': encode(OTHER.workflowId) },
  };
  await expect(codec.decode([moved], OTHER)).rejects.toThrow();
  await expect(codec.decode([moved])).rejects.toThrow();
});

test('a payload of format 1, from before payloads were bound to workflows, still opens', async () => {
  const first = await encoded();
  expect(first.metadata).not.toHaveProperty('countersign-format');
  expect(textOf(await codec.decode([first], OWNER))).toBe('panel closed');
});
