import { randomUUID } from 'node:crypto';
import type { Sql } from '../../runtime/database';
import { Duplicate } from '../kernel/duplicate';
import type { Principal } from '../kernel/principal';
import { requestLookups } from '../kernel/registry-requests';
import { reviseRow, type Precondition } from '../kernel/versioned-rows';
import { announceFact } from '../kernel/subscribers';
import { carryExclusions, screenProviders } from '../screening/exclusions';
import { findProvider, type Provider } from './providers';

/**
 * Makes a provider another person's, as the NPI on file was not theirs. Statements of this client go along; those of
 * registries about the former NPI stay with it, and they are asked about the right one. Throws a Duplicate if the
 * client has the other person.
 */
export const correctNpi = (
  sql: Sql,
  principal: Principal,
  { id, clientId, personId, npi: former }: Provider,
  { npi, reason }: { npi: string; reason: string },
  precondition: Precondition,
): Promise<Provider> =>
  sql.begin(async (tx) => {
    await reviseRow(tx, principal, 'provider', id, {
      columns: {},
      asked: npi === former ? {} : { npi, reason },
      precondition,
    });
    if (npi !== former) {
      await tx`insert into persons ${tx({ id: randomUUID(), npi })} on conflict (npi) do nothing`;
      const [person] = await tx<{ id: string }[]>`select id from persons where npi = ${npi}`;
      const to = person!.id;
      const [other] = await tx<{ id: string }[]>`
        select id from providers where client_id = ${clientId} and person_id = ${to}`;
      if (other) throw new Duplicate(other.id);
      // questions from before this client had the person would disclose another client
      await tx`update providers set person_id = ${to}, here_since = now() where id = ${id}`;
      await tx`update attestations set person_id = ${to} where person_id = ${personId} and client_id = ${clientId}`;
      await tx`update access_withdrawals set person_id = ${to} where person_id = ${personId} and client_id = ${clientId}`;
      await tx`update caqh_statements set person_id = ${to} where person_id = ${personId} and client_id = ${clientId}`;
      await carryExclusions(tx, principal, { id, clientId, personId: to }, personId);
      await screenProviders(tx, [id]);
      await requestLookups(tx, to);
      await announceFact(tx, 'provider added', id);
      await announceFact(tx, 'provider file changed', id);
      await announceFact(tx, 'exclusion decided for a provider', id);
    }
    return (await findProvider(tx, principal, id))!;
  });
