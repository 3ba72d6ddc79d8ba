import { selectEntryIds, isAmong } from '../kernel/one-entry';
import { announceFact, announceFacts } from '../kernel/subscribers';
import type { Sql } from '../../runtime/database';
import type { Keyring } from '../../runtime/keyring';
import { normalizeTin } from '../../domain/kernel/identifiers';
import { openTin } from './practices';
import { recordAudit } from '../kernel/audit';
import type { Principal } from '../kernel/principal';

/** The result of a merge: done, or what stands in its way. */
export type Merge = { merged: true } | { collides: string } | { elsewhere: string } | { otherTin: true };

const TABLES = { payer: 'payers', practice: 'practices' } as const;

/** A practice's tax id as it is kept; its type alone once it was purged. */
interface KeptTin {
  type: string;
  hash: string | null;
  keyId: string | null;
  sealed: string | null;
}

/** Whether two practices have one tax id; hashes tell where they are under one key. */
function isSameTin(keyring: Keyring, ...rows: readonly [RowWithTin, RowWithTin]): boolean {
  const [one, other] = rows.map(({ tin }) => tin!) as [KeptTin, KeptTin];
  if (one.type !== other.type || one.hash === other.hash) return one.type === other.type;
  if (one.keyId === other.keyId || one.sealed === null || other.sealed === null) return false;
  const [digits, otherDigits] = rows.map(({ id, tin }) => normalizeTin(openTin(keyring, id, tin!.sealed!)));
  return digits === otherDigits;
}
type RowWithTin = { id: string; tin: KeptTin | null };

/**
 * Makes one entry stand for another that is the same: reads and billing readiness take both for one, and nothing that
 * is under way changes its key. Refused if two open applications would then be for one key. Repeated it changes
 * nothing.
 */
export const mergePersons = (
  sql: Sql,
  keyring: Keyring,
  principal: Principal,
  kind: keyof typeof TABLES,
  { id, clientId }: { id: string; clientId: string | null },
  { into, reason }: { into: string; reason: string },
): Promise<Merge> =>
  sql.begin(async (tx): Promise<Merge> => {
    const table = tx(TABLES[kind]);
    const tin =
      kind === 'practice'
        ? tx`jsonb_build_object('type', tin_type, 'hash', encode(tin_hash, 'hex'), 'keyId', tin_hash_key, 'sealed', tin_sealed)`
        : tx`null`;
    // for update: an opening refers to its payer and practice, and has to wait
    const rows = await tx<{ id: string; mergedInto: string | null; tin: KeptTin | null }[]>`
      select id, merged_into, ${tin} as tin from ${table} where id in (${id}, ${into}) order by id for update`;
    const [duplicate, survivor] = [id, into].map((one) => rows.find((row) => row.id === one)!);
    if (survivor!.mergedInto !== null) return { elsewhere: survivor!.mergedInto };
    if (duplicate!.mergedInto !== null)
      return duplicate!.mergedInto === into ? { merged: true } : { elsewhere: duplicate!.mergedInto };

    if (kind === 'practice' && !isSameTin(keyring, duplicate!, survivor!)) return { otherTin: true };

    const [own, other] = kind === 'payer' ? ['payer_id', 'practice_id'] : ['practice_id', 'payer_id'];
    const otherTable = kind === 'payer' ? 'practices' : 'payers';
    const [collision] = await tx<{ id: string }[]>`
      select a.id from applications a join applications b on b.open and b.${tx(own!)} in ${selectEntryIds(tx, TABLES[kind], into)}
        and b.${tx(other!)} in ${selectEntryIds(tx, otherTable, tx`a.${tx(other!)}`)} and b.provider_id is not distinct from a.provider_id
        and b.state = a.state and b.line_of_business = a.line_of_business and b.kind = a.kind
        and b.location_id is not distinct from a.location_id
      where a.open and a.${tx(own!)} in ${selectEntryIds(tx, TABLES[kind], id)} limit 1`;
    if (collision) return { collides: collision.id };
    // entries that were merged into it before follow
    await tx`update ${table} set merged_into = ${into} where id = ${id} or merged_into = ${id}`;
    if (kind === 'payer') {
      await tx`
        update payers s
        set aliases = s.aliases || array(select a from unnest(d.name || d.aliases) as a where a <> all(s.name || s.aliases)),
          electronic_payer_ids = s.electronic_payer_ids || (
            select coalesce(jsonb_agg(e), '[]') from jsonb_array_elements(d.electronic_payer_ids) as e
            where not s.electronic_payer_ids @> jsonb_build_array(e)),
          covers = array(select distinct c from unnest(s.covers || d.covers) as c where c <> s.id),
          version = s.version + 1, updated_at = now()
        from payers d where d.id = ${id} and s.id = ${into}`;
      // an entry that stands for the one stands for the other
      await tx`
        update payers set covers = covers || ${into}::uuid, version = version + 1, updated_at = now()
        where covers @> ${[id]}::uuid[] and not covers @> ${[into]}::uuid[]`;
    }
    // the entry that stays takes over what it lacked
    else
      await tx`
        update practices s
        set npi = coalesce(s.npi, d.npi), billing = coalesce(s.billing, d.billing), version = s.version + 1, updated_at = now()
        from practices d where d.id = ${id} and s.id = ${into}`;
    const covered = kind === 'payer' ? tx`(select covers from payers where id = ${into})` : tx`'{}'::uuid[]`;
    await announceFacts(
      tx,
      'payer counted otherwise',
      tx`select a.id from applications a join ${table} y on y.id = a.${tx(own!)}
        where (y.id in ${selectEntryIds(tx, TABLES[kind], into)} or ${isAmong(tx, 'y', covered)})
          and a.provider_id is not null`,
    );
    // both may be named by one relationship, which then asks about one
    if (kind === 'payer')
      await announceFacts(
        tx,
        'platform questions changed',
        tx`select id from platform_relationships where payer_ids && array${selectEntryIds(tx, 'payers', into)}`,
      );
    // applications that rest on either rest on the one that stays
    else await announceFact(tx, 'practice file changed', into);
    await recordAudit(tx, principal, {
      action: `${kind}.merge`,
      subjectType: kind,
      subjectId: id,
      clientId,
      detail: { into, reason },
    });
    return { merged: true };
  });
