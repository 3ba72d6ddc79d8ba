import type { UpkeepKind } from '../../domain/kernel/codes';
import { maskIdentifier } from '../../domain/kernel/identifiers';
import { readClock } from '../../runtime/clock';
import { findProvider } from '../../record/registry/providers';
import { readUpkeep } from '../../record/upkeep/upkeep-list';
import type { Deps } from '../kernel/deps';
import { isAllowed } from '../kernel/policy';
import { answerOk, route, type Route } from '../kernel/route';
import { upkeep } from './upkeep-schemas';

const maskName = <T extends { kind: UpkeepKind; name: string | null }>(item: T): T =>
  item.name !== null && ['malpractice', 'dea'].includes(item.kind)
    ? { ...item, name: maskIdentifier(item.name) }
    : item;

export const upkeepRoutes = ({ sql }: Deps): Route[] => [
  route({
    method: 'get',
    path: '/v1/providers/{id}/upkeep',
    summary: 'List what in a provider’s file expires, with its reminders',
    description:
      'Attestation, licences, malpractice insurance, DEA registrations, documents and authorisations that end, by what ' +
      'registries say of the person and this client has on file. The person is reminded of each on set days; ' +
      'attesting is the provider’s own act.',
    tag: 'providers',
    access: 'registry:read',
    subject: ({ principal, params }) => findProvider(sql, principal, params.id),
    responses: { 200: { description: 'All items of the file', schema: upkeep } },
    handler: async ({ principal, subject }) => {
      // staff of the operator may know that two clients have the same person
      const compared = isAllowed(principal, 'operations:read');
      const found = await readUpkeep(sql, principal, subject.id, readClock(), { compared });
      return answerOk({ ...found, items: found.items.map(maskName) });
    },
  }),
];
