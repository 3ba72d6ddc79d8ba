import { foundList } from './findings';
import { z } from 'zod';
import { taxonomyCode } from '../registry/providers-schemas';
import { readClock } from '../../runtime/clock';
import { toLocalDate } from '../../domain/time/calendar';
import { listFindings } from '../../record/sources/findings';
import { findProvider } from '../../record/registry/providers';
import { keepSnapshot } from '../../record/registry/snapshots';
import type { Deps } from '../kernel/deps';
import { answerOk, route, type Route } from '../kernel/route';
import { address, line, state, requireUnique, describeDate } from '../kernel/schemas';

const snapshotInput = z
  .strictObject({
    source: z.enum(['caqh', 'nppes']),
    takenOn: describeDate('SnapshotInput.takenOn'),
    enumerationType: z.enum(['NPI-1', 'NPI-2']).optional(),
    firstName: line.optional(),
    middleName: line.optional(),
    lastName: line.optional(),
    suffix: line.optional(),
    taxonomyCode: taxonomyCode.optional(),
    address: address.optional(),
    licences: requireUnique(
      z.array(z.strictObject({ state, number: line })).max(100),
      (one) => `${one.state} ${one.number}`,
    ).optional(),
  })
  .meta({ id: 'SnapshotInput' });

export const snapshotRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/providers/{id}/snapshots',
    summary: 'Record what CAQH or NPPES shows for a provider, to compare it with the file',
    tag: 'providers',
    access: 'registry:write',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    body: snapshotInput,
    responses: { 200: { description: 'The contradictions found', schema: foundList } },
    handler: async ({ principal, subject, body, commandId }) => {
      await keepSnapshot(sql, principal, commandId, subject, body);
      const today = toLocalDate(readClock(), subject.timeZone);
      return answerOk({
        items: await listFindings(sql, principal, subject.clientId, today, { providerId: subject.id }),
      });
    },
  }),
];
