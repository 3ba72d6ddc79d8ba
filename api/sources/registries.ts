import { readClock } from '../../runtime/clock';
import { auditExport, recordExportedRow, type RowOutcome } from '../../record/sources/caqh-exports';
import { isCaqhApiOn, requestRoster, listRosterRequests, type RosterRequest } from '../../record/sources/caqh-roster';
import { applyProposals } from '../../domain/sources/proposals';
import { listProposals } from '../../record/sources/proposals';
import { findProvider, updateProvider } from '../../record/registry/providers';
import { settleTasks } from '../../record/kernel/tasks';
import { readCaqhExport } from '../../registries/caqh-export';
import { computeFileCost } from '../kernel/costs';
import type { Deps } from '../kernel/deps';
import { Problem } from '../kernel/errors';
import { answerOk, route, type Route } from '../kernel/route';
import { provider } from '../registry/providers-schemas';
import {
  exportOutcome,
  exportQuery,
  proposalChoice,
  proposalList,
  rosterRequest,
  rosterRequests,
} from './registries-schemas';
import { refuseTable } from '../kernel/tables';
import { refuseErrors } from '../kernel/validation';
import { showProvider } from '../registry/providers';

const MAX_BYTES = 5_000_000;
const showRequest = ({ id, kind, caqhId, status, exception, requestedBy, createdAt, settledAt }: RosterRequest) => ({
  id,
  kind,
  caqhId,
  status,
  exception,
  requestedBy,
  createdAt,
  settledAt,
});

const nameColumn = (came: RowOutcome, { caqhId }: { caqhId: string | null }): string =>
  came === 'older_than_on_file' ? 'status_date' : caqhId ? 'caqh_id' : 'npi';

export const registryRoutes = ({ sql, keyring }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/caqh-exports',
    summary: 'Import an export of CAQH’s portal',
    description:
      'Rows are matched by CAQH id or NPI among the providers that the caller may see, each on its own. A newer ' +
      'attestation is recorded: for every client where the caller sees every client and the row names the NPI, ' +
      'otherwise for the clients of the matched providers. Columns are known by the names of CAQH’s portal and API, and two that ' +
      'mean the same are refused. If a part of the file cannot be read, nothing is recorded. A row that is dated earlier ' +
      'than what is on file, or not at all where that is dated, changes nothing (`older_than_on_file`); nor does one ' +
      'dated later than today.',
    tag: 'providers',
    access: 'registry:write',
    query: exportQuery,
    cost: ({ file }) => computeFileCost(file),
    file: {
      types: ['text/csv'],
      maxBytes: MAX_BYTES,
      description: 'One provider a row: CAQH id or NPI, status, its date, authorisation',
    },
    responses: { 200: { description: 'The result of each row', schema: exportOutcome } },
    handler: async ({ principal, query: { dryRun = false }, file, commandId }) => {
      const at = readClock();
      const outcome = { dryRun, total: 0, recorded: 0, unchanged: 0, rejected: [] as object[] };
      for (const row of await readCaqhExport(file, at).catch(refuseTable)) {
        outcome.total += 1;
        const { line } = row;
        if ('rule' in row) outcome.rejected.push({ line, column: row.column, rule: row.rule });
        else {
          const came: RowOutcome = await recordExportedRow(sql, principal, row, { at, dryRun });
          if (came === 'recorded' || came === 'unchanged') outcome[came] += 1;
          else outcome.rejected.push({ line, column: nameColumn(came, row), rule: came });
        }
      }
      const { rejected, ...totals } = outcome;
      if (!dryRun) await auditExport(sql, principal, commandId, { ...totals, rejected: rejected.length });
      return answerOk(outcome);
    },
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/caqh-roster',
    summary: 'Ask CAQH to add a provider to the operator’s roster',
    description: 'CAQH answers later, and its answer is shown here. The provider still has to authorise the operator.',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    problems: [409],
    responses: { 200: { description: 'The request, or the earlier one that is still open', schema: rosterRequest } },
    handler: async ({ principal, subject, commandId }) => {
      if (!(await isCaqhApiOn(sql))) throw new Problem('caqh_not_asked');
      const { caqhId } = subject;
      if (caqhId === null) throw new Problem('caqh_id_missing');
      return answerOk(showRequest(await requestRoster(sql, principal, commandId, subject, caqhId)));
    },
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/caqh-roster',
    summary: 'List the requests to add a provider to the roster or remove them from it',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'The latest first', schema: rosterRequests } },
    handler: async ({ principal, subject }) =>
      answerOk({ items: (await listRosterRequests(sql, principal, subject)).map(showRequest) }),
  }),
  route({
    method: 'get',
    path: '/v1/providers/{id}/proposals',
    summary: 'List what CAQH and NPPES propose to change in a provider’s file',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'Each field that differs', schema: proposalList } },
    handler: async ({ subject }) => answerOk({ items: await listProposals(sql, subject) }),
  }),
  route({
    method: 'post',
    path: '/v1/providers/{id}/proposals',
    summary: 'Accept proposed values into the file',
    description: 'Only the fields that are named change; the others stay as they are.',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: proposalChoice,
    responses: { 200: { description: 'The provider as it is now', schema: provider } },
    handler: async ({ principal, subject, body, ifMatch }) => {
      const offered = (await listProposals(sql, subject)).filter(({ source }) => source === body.source);
      refuseErrors(
        body.fields.flatMap((field, i) =>
          offered.some((one) => one.field === field)
            ? []
            : [{ path: `fields.${i}`, rule: 'not_proposed', message: 'is not among the proposals of this source' }],
        ),
      );
      const chosen = offered.filter(({ field }) => body.fields.includes(field));
      const changed = await updateProvider(sql, keyring, principal, subject, applyProposals(subject, chosen), ifMatch);
      if (chosen.length === offered.length) await settleTasks(sql, subject.id, 'registry_mismatch');
      return answerOk(showProvider(changed));
    },
  }),
];
