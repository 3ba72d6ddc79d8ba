import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readRoutes } from '../support/routes';

const record = resolve(__dirname, '../../record');
const sources = readdirSync(record, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file: file.replaceAll('\\', '/'), text: readFileSync(join(record, file), 'utf8') }));
const filesWith = (pattern: RegExp) =>
  sources
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .sort();

test('what stands for a merged payer or practice is asked through one file', () => {
  // beside it only who merges, and what shows it
  expect(filesWith(/merged_into/)).toEqual(['kernel/one-entry.ts', 'registry/merge.ts', 'registry/practices.ts']);
});

test('a payer or practice is compared by its id alone only where that one row is meant', () => {
  const rowsOfOne = [
    'applications/playbook-moves.ts', // the payer whose playbook it is
    'applications/recording-step.ts', // the same
    'registry/payers.ts', // the payer whose playbook it is
    'registry/practices.ts', // its locations
  ];
  expect(
    filesWith(
      /(payer_id|practice_id) (=|is not distinct from) (any\()?\$\{(?!\w*Ids\}|asked|selectEntriesIds|selectUnmergedId)/,
    ),
  ).toEqual(rowsOfOne);
});

test('no list of ids is made of one payer or practice alone', () => {
  expect(filesWith(/\$\{\[(payerId|practiceId)\]\}/)).toEqual([]);
});

test('two rows are compared by the ids of their payers or practices only where the one belongs to that very row', () => {
  const found = sources.flatMap(({ text }) =>
    [...text.matchAll(/\b(\w+)\.(payer_id|practice_id) (=|<>) (any\()?(\w+)\.\w+/g)].map(([whole]) => whole),
  );
  const belonging = /^(b|p)\.payer_id = |^(l|locations)\.practice_id = /; // playbooks and locations
  // the panels of the one that stays come first
  expect(found.filter((one) => !belonging.test(one))).toEqual(['l.payer_id = asked.id']);
});

test('the payers that a row names are read as those that they stand for, but where they are shown as they were said', () => {
  expect(filesWith(/\b(?!o\.|made\.)\w+\.payer_ids\b(?!`| && array)/)).toEqual(['registry/attestations.ts']);
});

describe('a write', () => {
  const { routes, close } = readRoutes();
  afterAll(close);
  const writes = routes.filter(({ method }) => method !== 'get');

  test('that takes the id of a payer or practice in its path has a decided sense after a merge', () => {
    const found = writes.filter(({ path }) => /^\/v1\/(payers|practices)\/\{id\}/.test(path));
    expect(found.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'patch /v1/payers/{id}', // refused, but for the playbook
      'patch /v1/practices/{id}', // refused
      'post /v1/payers/{id}/merge', // refused
      'post /v1/payers/{id}/playbook-migrations', // for the applications that follow its playbook
      'post /v1/practices/{id}/enrolments',
      'post /v1/practices/{id}/exclusion-checks',
      'post /v1/practices/{id}/exclusions/{exclusionId}/decision',
      'post /v1/practices/{id}/merge', // refused
      'post /v1/practices/{id}/portal-access',
      'post /v1/practices/{id}/reveals', // reveals what that one has
      'put /v1/payers/{id}/panels',
    ]);
  });

  test('that takes one in its body, too', () => {
    const names = (body: z.ZodType): string =>
      JSON.stringify(z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' }));
    const found = writes.filter(
      ({ body }) => body && /"(payerIds?|practiceIds?|authorizedPayerIds|covers)":/.test(names(body)),
    );
    expect(found.map(({ method, path }) => `${method} ${path}`).sort()).toEqual([
      'patch /v1/payers/{id}', // covers: who is merged is covered through the one that stays
      'patch /v1/platform-relationships/{id}', // kept as those that stay
      'post /v1/applications', // refused
      'post /v1/billing-readiness', // asks
      'post /v1/billing-readiness/certificates', // names those that stay
      'post /v1/calls', // for the applications of both
      'post /v1/clients/{id}/documents', // kept as the one that stays
      'post /v1/contacts', // for the applications of both
      'post /v1/payers', // covers
      'post /v1/platform-relationships', // kept as those that stay
      'post /v1/platform-relationships/{id}/applications', // refused
      'post /v1/practices/{id}/enrolments', // takes the place of what was said of either
      'post /v1/practices/{id}/portal-access', // read as all that are one with them
      'post /v1/providers/{id}/access-withdrawals', // the same
      'post /v1/providers/{id}/attestations', // the same
      'post /v1/providers/{id}/authorisations', // the same
      'post /v1/submissions', // for the applications of both
      'post /v1/users/{id}/reassignment', // for the applications of both
      'put /v1/applications/{id}/confirmations/claimsRoute', // an electronic id, none of ours
      'put /v1/clients/{id}/caseload', // kept as those that stay
      'put /v1/platform-knowledge', // the same
      'put /v1/platform-relationships/{id}/answers/{question}', // kept as the one that stays
    ]);
  });
});

test('a provider is named in full by the one column that has every part of the name', () => {
  expect(filesWith(/first_name \|\|/)).toEqual([]);
});
