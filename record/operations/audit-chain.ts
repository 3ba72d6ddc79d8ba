import { createHash } from 'node:crypto';
import type { Instant } from '../../domain/time/instants';
import { beginAtOneMoment, type Db, type Fragment, type Sql, type Tx } from '../../runtime/database';

/** The chain of entries that belong to no client. */
const NO_CLIENT = '00000000-0000-0000-0000-000000000000';

/** Any number that nothing else locks: one worker at a time links. */
const LOCK = 7_203_512;
/** Entries that are linked in one transaction. */
const AT_ONCE = 1000;
/** Links that are verified before others are read. */
const PAGE = 2000;

/** The end of a chain. */
interface Head {
  place: number;
  hash: string;
}

const START: Head = { place: 0, hash: '' };

const computeSha256 = (...lines: (string | number)[]): string =>
  createHash('sha256').update(lines.join('\n')).digest('hex');

/** Computes the hash of the link that follows a head. */
const computeLinkHash = (head: Head, chain: string, entryHash: string): string =>
  computeSha256(head.hash, chain, head.place + 1, entryHash);

/** Computes the hash of a root: over the root before, and over the heads of all chains. */
const computeRootHash = (before: string, linksThrough: number, heads: ReadonlyMap<string, Head>): string =>
  computeSha256(
    before,
    linksThrough,
    ...[...heads]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([chain, { place, hash }]) => `${chain} ${place} ${hash}`),
  );

/** Selects the hash of all that an entry says. A column that comes later is hashed only if it is not null. */
const selectEntryHash = (sql: Db): Fragment => sql`
  encode(sha256(convert_to(jsonb_build_object(
    'id', e.id, 'clientId', e.client_id, 'at', to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
    'actor', e.actor, 'action', e.action, 'subjectType', e.subject_type, 'subjectId', e.subject_id, 'outcome', e.outcome,
    'detail', e.detail, 'before', e.before, 'after', e.after, 'requestId', e.request_id,
    'callerRequestId', e.caller_request_id)::text, 'UTF8')), 'hex')`;

/**
 * Links entries that are committed, each chain in the order of their ids; one that was committed late follows those that
 * are linked already. Returns how many; none while another worker links.
 */
export const linkEntries = (sql: Sql): Promise<number> =>
  sql.begin(async (tx) => {
    if (!(await takeTurn(tx))) return 0;
    const entries = await tx<{ id: number; chain: string; hash: string }[]>`
      with taken as (
        delete from audit_unlinked
        where entry_id in (select entry_id from audit_unlinked order by entry_id limit ${AT_ONCE}) returning entry_id)
      select e.id, coalesce(e.client_id, ${NO_CLIENT}) as chain, ${selectEntryHash(tx)} as hash
      from audit_log e join taken t on t.entry_id = e.id order by e.id`;
    if (entries.length === 0) return 0;
    const heads = await readHeads(tx, [...new Set(entries.map(({ chain }) => chain))]);
    const links = entries.map(({ id, chain, hash }) => {
      const head = heads.get(chain) ?? START;
      const link = { place: head.place + 1, hash: computeLinkHash(head, chain, hash) };
      heads.set(chain, link);
      return { chain, entryId: id, entryHash: Buffer.from(hash, 'hex'), ...link, hash: Buffer.from(link.hash, 'hex') };
    });
    await tx`insert into audit_links ${tx(links)}`;
    return links.length;
  });

/** A root over all chains. */
export interface Root {
  id: number;
  at: Instant;
  hash: string;
}

/** Puts a root over what was linked since the last one, if that is `everySeconds` old. */
export const addRoot = (sql: Sql, { everySeconds }: { everySeconds: number }): Promise<Root | null> =>
  sql.begin(async (tx) => {
    if (!(await takeTurn(tx))) return null;
    const [due] = await tx<{ before: string; linksThrough: number }[]>`
      select coalesce(encode(r.hash, 'hex'), '') as before, l.id as links_through
      from (select max(id) as id from audit_links) l
      left join lateral (select * from audit_roots order by id desc limit 1) r on true
      where l.id > coalesce(r.links_through, 0)
        and coalesce(r.at <= now() - make_interval(secs => ${everySeconds}), true)`;
    if (!due) return null;
    const hash = computeRootHash(due.before, due.linksThrough, await readAllHeads(tx));
    const row = { linksThrough: due.linksThrough, hash: Buffer.from(hash, 'hex') };
    const [root] = await tx<[{ id: number; at: Instant }]>`insert into audit_roots ${tx(row)} returning id, at`;
    return { ...root, hash };
  });

async function takeTurn(tx: Tx): Promise<boolean> {
  const [turn] = await tx<[{ taken: boolean }]>`select pg_try_advisory_xact_lock(${LOCK}) as taken`;
  return turn.taken;
}

type HeadRow = Head & { chain: string };
const groupByChain = (rows: readonly HeadRow[]): Map<string, Head> =>
  new Map(rows.map(({ chain, place, hash }) => [chain, { place, hash }]));

const readHeads = async (sql: Db, chains: string[]): Promise<Map<string, Head>> =>
  groupByChain(
    await sql<HeadRow[]>`
      select c.chain, l.place, encode(l.hash, 'hex') as hash from unnest(${chains}::uuid[]) as c(chain)
      cross join lateral (
        select place, hash from audit_links l where l.chain = c.chain order by place desc limit 1) l`,
  );

/** Reads the last link of every chain, by one jump of the index for each chain. */
const readAllHeads = async (sql: Db): Promise<Map<string, Head>> =>
  groupByChain(
    await sql<HeadRow[]>`
      with recursive heads as (
        (select chain, place, hash from audit_links order by chain desc, place desc limit 1)
        union all
        select n.chain, n.place, n.hash from heads h cross join lateral (
          select chain, place, hash from audit_links l where l.chain < h.chain
          order by chain desc, place desc limit 1) n)
      select chain, place, encode(hash, 'hex') as hash from heads`,
  );

/** The fault of a link or a root. */
type Fault =
  | 'entry_changed'
  | 'entry_missing'
  | 'entry_unlinked' // neither linked nor waiting for it
  | 'link_changed'
  | 'link_missing'
  | 'root_changed'
  | 'root_missing';

/** The first place at which the chains do not hold. */
export interface Break {
  fault: Fault;
  /** Null: the chain of entries that belong to no client, or all chains. */
  clientId: string | null;
  place: number | null;
  entryId: number | null;
  linkId: number | null;
  rootId: number | null;
}

export interface Verification {
  entries: number;
  chains: number;
  /** Entries that were purged after their time; their hashes are verified all the same. */
  purged: number;
  /** Entries that wait to be linked, since when, and links that are under no root yet: not broken, not sealed either. */
  unlinked: { count: number; since: Instant | null };
  withoutRoot: number;
  roots: number;
  lastRoot: Root | null;
  /** The first break, and how many there are. */
  broken: Break | null;
  breaks: number;
}

interface LinkRow {
  id: number;
  chain: string;
  place: number;
  entryId: number;
  entryHash: string;
  hash: string;
  hashNow: string | null;
  purged: { entries: number; through: number } | null;
}

type RootRow = Root & { linksThrough: number };

/**
 * Reads the whole audit log and says whether every entry is what was linked, in its place, under its root. `knownRoots`
 * are hashes of roots that were kept elsewhere: an attacker who may rewrite the database could make all its chains
 * anew, but not so that they end in these.
 */
export const verifyAuditLog = (sql: Sql, knownRoots: readonly string[] = []): Promise<Verification> =>
  beginAtOneMoment(sql, async (tx) => {
    await tx`set local statement_timeout = 0`;
    const roots = await tx<RootRow[]>`
      select id, at, encode(hash, 'hex') as hash, links_through from audit_roots order by id`;
    const chains = new ChainCheck(roots);
    for await (const links of selectLinks(tx).cursor(PAGE)) for (const link of links) chains.addLink(link);
    chains.finishVerification();
    for (const id of await listLoose(tx)) chains.recordBreak({ fault: 'entry_unlinked', entryId: id }, Infinity);
    for (const hash of knownRoots)
      if (!roots.some((root) => root.hash === hash)) chains.recordBreak({ fault: 'root_missing' }, Infinity);
    const [unlinked] = await tx<[Verification['unlinked']]>`
      select count(*) as count, min(e.at) as since from audit_unlinked u join audit_log e on e.id = u.entry_id`;
    const last = roots.at(-1);
    return {
      entries: chains.entries,
      chains: chains.heads.size,
      purged: chains.purged,
      unlinked,
      withoutRoot: chains.withoutRoot,
      roots: roots.length,
      lastRoot: last ? { id: last.id, at: last.at, hash: last.hash } : null,
      broken: chains.first?.broken ?? null,
      breaks: chains.breaks,
    };
  });

const selectLinks = (sql: Db) => sql<LinkRow[]>`
  select l.id, l.chain, l.place, l.entry_id, encode(l.entry_hash, 'hex') as entry_hash, encode(l.hash, 'hex') as hash,
    case when e.id is not null then ${selectEntryHash(sql)} end as hash_now,
    case when e.action = 'retention.purge' and e.detail->>'what' = 'audit'
      then jsonb_build_object('entries', e.detail->'entries', 'through', e.detail->'through') end as purged
  from audit_links l left join audit_log e on e.id = l.entry_id order by l.id`;

/** Lists entries that are neither linked nor wait for it. */
async function listLoose(sql: Db): Promise<number[]> {
  const rows = await sql<{ id: number }[]>`
    select id from audit_log e
    where not exists (select from audit_links l where l.entry_id = e.id)
      and not exists (select from audit_unlinked u where u.entry_id = e.id)
    order by id`;
  return rows.map(({ id }) => id);
}

/** Follows all chains at once, link by link in the order of linking. */
class ChainCheck {
  readonly heads = new Map<string, Head>();
  entries = 0;
  purged = 0;
  withoutRoot = 0;
  breaks = 0;
  first: { broken: Break; linkId: number } | null = null;
  private lastRoot = '';
  private readonly roots: RootRow[];
  /** Links whose entry is gone, and what purges say that they took, by chain. */
  private readonly gone = new Map<string, LinkRow[]>();
  private readonly purges = new Map<string, { entries: number; through: number }>();

  constructor(roots: readonly RootRow[]) {
    this.roots = [...roots];
  }

  recordBreak(what: Pick<Break, 'fault'> & Partial<Break>, linkId: number): void {
    this.breaks += 1;
    if (this.first && this.first.linkId <= linkId) return;
    this.first = {
      broken: { clientId: null, place: null, entryId: null, linkId: null, rootId: null, ...what },
      linkId,
    };
  }

  addLink(link: LinkRow): void {
    this.checkRoots(link.id);
    const { chain, hash, entryHash: linked, hashNow, purged } = link;
    const head = this.heads.get(chain) ?? START;
    if (link.place !== head.place + 1) this.recordBreakAt('link_missing', link);
    else if (hash !== computeLinkHash(head, chain, linked)) this.recordBreakAt('link_changed', link);
    else if (hashNow !== null && hashNow !== linked) this.recordBreakAt('entry_changed', link);
    if (hashNow === null) {
      const gone = this.gone.get(chain) ?? [];
      gone.push(link);
      this.gone.set(chain, gone);
    } else this.entries += 1;
    if (purged && hashNow === linked) {
      const before = this.purges.get(chain) ?? { entries: 0, through: 0 };
      const through = Math.max(before.through, purged.through);
      this.purges.set(chain, { entries: before.entries + purged.entries, through });
    }
    // the rest of the chain is compared with what is there
    this.heads.set(chain, { place: link.place, hash });
    if (this.roots.length === 0) this.withoutRoot += 1;
  }

  /** The roots that end before a link. */
  private checkRoots(linkId: number): void {
    for (let root = this.roots[0]; root && root.linksThrough < linkId; root = this.roots[0]) {
      this.roots.shift();
      if (root.hash !== computeRootHash(this.lastRoot, root.linksThrough, this.heads))
        this.recordBreak({ fault: 'root_changed', rootId: root.id }, root.linksThrough);
      this.lastRoot = root.hash;
    }
  }

  /** Finishes once all links are read: checks the last roots, and whether purges account for all that is gone. */
  finishVerification(): void {
    this.checkRoots(Infinity);
    for (const [chain, links] of this.gone) {
      const { entries, through } = this.purges.get(chain) ?? { entries: 0, through: 0 };
      this.purged += Math.min(entries, links.length);
      const beyond = links.find(({ entryId }) => entryId > through);
      if (beyond) this.recordBreakAt('entry_missing', beyond);
      else if (links.length !== entries) this.recordBreakAt('entry_missing', links[0]!);
    }
  }

  private recordBreakAt(fault: Fault, { id, chain, place, entryId }: LinkRow): void {
    const clientId = chain === NO_CLIENT ? null : chain;
    this.recordBreak({ fault, clientId, place, entryId, linkId: id }, id);
  }
}
