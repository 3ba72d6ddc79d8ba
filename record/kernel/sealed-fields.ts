import type { Keyring } from '../../runtime/keyring';

/** A place where something rests sealed. */
export interface SealedField {
  table: string;
  /** The column of a uuid by which rows are found. */
  key: string;
  column: string;
  /**
   * The form of it in its column: text, a string of JSON, or objects of JSON that have it under one name and its shown part under
   * another.
   */
  form: 'text' | 'string' | { shown: string; sealed: string };
  /** Names the owner by the row's key: a field opens under no other name. */
  name: (key: string) => string;
  /** The blind index of it, the column with the index's key, and what of a text is indexed. */
  index?: { column: string; keyColumn: string; of: 'digits' };
}

const POLICY = { shown: 'policyNumber', sealed: 'policyNumberSealed' } as const;
const REGISTRATION = { shown: 'number', sealed: 'numberSealed' } as const;

const describeNumbers = (column: string, form: SealedField['form'], what: string): SealedField => ({
  table: 'providers',
  key: 'id',
  column,
  form,
  name: (id) => `providers/${id}/${what}`,
});

/**
 * All that is sealed, each in one line: what is in this list is sealed anew when keys change, and nothing is sealed beside it
 * (a contract test). The name of a field is what the operator is shown of the progress.
 */
export const SEALED_FIELDS = {
  'practice.tin': {
    table: 'practices',
    key: 'id',
    column: 'tin_sealed',
    form: 'text',
    name: (id) => `practices/${id}/tin`,
    index: { column: 'tin_hash', keyColumn: 'tin_hash_key', of: 'digits' },
  },
  'provider.malpractice': describeNumbers('malpractice', POLICY, 'policy'),
  'provider.formerMalpractice': describeNumbers('former_malpractice', POLICY, 'policy'),
  'provider.dea': describeNumbers('dea', REGISTRATION, 'dea'),
  'provider.formerDea': describeNumbers('former_dea', REGISTRATION, 'dea'),
  'webhook.url': {
    table: 'webhook_endpoints',
    key: 'id',
    column: 'url_sealed',
    form: 'text',
    name: (id) => `webhook_endpoints/${id}/url`,
  },
  'webhook.secret': {
    table: 'webhook_endpoints',
    key: 'id',
    column: 'secret_sealed',
    form: 'text',
    name: (id) => `webhook_endpoints/${id}`,
  },
  'webhook.earlierSecret': {
    table: 'webhook_endpoints',
    key: 'id',
    column: 'earlier_secret_sealed',
    form: 'text',
    name: (id) => `webhook_endpoints/${id}`,
  },
  'apiKey.key': { table: 'api_keys', key: 'id', column: 'key_sealed', form: 'text', name: (id) => `api_keys/${id}` },
  'certificateKey.private': {
    table: 'certificate_keys',
    key: 'id',
    column: 'private_sealed',
    form: 'text',
    name: (id) => `certificate_keys/${id}`,
  },
  'reveal.value': { table: 'reveals', key: 'id', column: 'value_sealed', form: 'text', name: (id) => `reveals/${id}` },
  'invitation.token': {
    table: 'user_invitations',
    key: 'id',
    column: 'token_sealed',
    form: 'text',
    name: (id) => `user_invitations/${id}`,
  },
  'calendarFeed.token': {
    table: 'calendar_feeds',
    key: 'command_id',
    column: 'token_sealed',
    form: 'text',
    name: (id) => `calendar_feeds/${id}`,
  },
  'documentFile.key': {
    table: 'document_files',
    key: 'id',
    column: 'key_sealed',
    form: 'text',
    name: (id) => `document_files/${id}`,
  },
  'documentLink.token': {
    table: 'document_links',
    key: 'id',
    column: 'token_sealed',
    form: 'text',
    name: (id) => `document_links/${id}`,
  },
  'idempotencyKey.response': {
    table: 'idempotency_keys',
    key: 'id',
    column: 'response',
    form: 'string',
    name: (id) => `idempotency_keys/${id}`,
  },
  'idempotencyKey.body': {
    table: 'idempotency_keys',
    key: 'id',
    column: 'body_sealed',
    form: 'text',
    name: (id) => `idempotency_keys/${id}/body`,
  },
} as const satisfies Record<string, SealedField>;
export type SealedFieldName = keyof typeof SEALED_FIELDS;

/** Lists the fields with their names, each as any other. */
export const listSealedFields = (): [SealedFieldName, SealedField][] =>
  Object.entries(SEALED_FIELDS) as [SealedFieldName, SealedField][];

export const sealField = (keyring: Keyring, field: SealedFieldName, key: string, text: string): string =>
  keyring.seal(text, SEALED_FIELDS[field].name(key));

export const openField = (keyring: Keyring, field: SealedFieldName, key: string, sealed: string): string =>
  keyring.open(sealed, SEALED_FIELDS[field].name(key));
