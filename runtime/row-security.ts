import { createHash } from 'node:crypto';
import type { Sql } from './database';
import { ROW_RULES, type RowRule } from './row-rules';

/** The roles of the database; none is a superuser or bypasses row security, and only the first owns anything. */
export const ROLES = {
  /** Makes and changes tables. */
  owner: 'cs_owner',
  /** Requests with a key of some clients: reads and writes theirs. */
  scoped: 'cs_scoped',
  /** Requests with a key of every client, and the system's own jobs. */
  every: 'cs_every',
  /**
   * Changes in the name of some clients: reads all, as a change notifies all whom it concerns, and writes what is
   * theirs.
   */
  worker: 'cs_worker',
  /** Takes away what has been kept for its time. */
  purge: 'cs_purge',
} as const;
export type DatabaseRole = keyof typeof ROLES;
/** The URL under which each role reaches the database. */
export type DatabaseUrls = Record<DatabaseRole, string>;

/** Makes something for each role. */
export const mapRoles = <T>(make: (role: DatabaseRole) => T): Record<DatabaseRole, T> => ({
  owner: make('owner'),
  scoped: make('scoped'),
  every: make('every'),
  worker: make('worker'),
  purge: make('purge'),
});

/** Renders a rule in SQL: policies, one of which applies to each role for each statement, and grants. */
export function renderRule(
  table: string,
  { reads, writes, adds = writes, locks = writes, inChanges, appendOnly }: RowRule,
): string[] {
  const { owner, scoped, every, worker, purge } = ROLES;
  const mayWrite = writes !== 'false';
  const writers = inChanges ? worker : `${scoped}, ${worker}`;
  return [
    `alter table ${table} enable row level security, force row level security`,
    `create policy owner on ${table} to ${owner} using (true) with check (true)`,
    `create policy every on ${table} to ${every}, ${purge} using (true) with check (true)`,
    `create policy worker_reads on ${table} for select to ${worker} using (true)`,
    `create policy scoped_reads on ${table} for select to ${scoped} using (${reads})`,
    `revoke all on ${table} from public, ${scoped}, ${every}, ${worker}, ${purge}`,
    `grant select on ${table} to ${scoped}, ${every}, ${worker}, ${purge}`,
    `grant insert on ${table} to ${every}, ${purge}`,
    `grant ${appendOnly ? 'delete' : 'update, delete'} on ${table} to ${appendOnly ? purge : `${every}, ${purge}`}`,
    ...(mayWrite
      ? [
          `create policy adds on ${table} for insert to ${writers} with check (${adds})`,
          `grant insert on ${table} to ${writers}`,
        ]
      : []),
    ...(mayWrite && !appendOnly
      ? [
          `create policy takes on ${table} for delete to ${writers} using (${writes})`,
          `grant delete on ${table} to ${writers}`,
        ]
      : []),
    ...(locks !== 'false' && !appendOnly
      ? [
          `create policy changes on ${table} for update to ${writers} using (${locks}) with check (${writes})`,
          `grant update on ${table} to ${writers}`,
        ]
      : []),
  ];
}

/** The clients of a transaction: none if it names none. */
const SCOPE_FUNCTION = `
  create or replace function countersign_scope() returns uuid[] language sql stable parallel safe
  as $$ select nullif(current_setting('countersign.scope', true), '')::uuid[] $$`;

const isRuled = (table: string): table is keyof typeof ROW_RULES => Object.hasOwn(ROW_RULES, table);

/**
 * Puts the rules in force, as the owner, unless they are: `version` is the last migration that this version knows. An older version
 * leaves alone what a newer one made. Waits for no other process if migrations hold their lock.
 */
export async function applyRowSecurity(sql: Sql, version: number): Promise<boolean> {
  const rules = Object.entries(ROW_RULES).flatMap(([table, rule]) => renderRule(table, rule));
  const digest = createHash('sha256')
    .update([SCOPE_FUNCTION, ...rules].join('\n'))
    .digest('hex');
  const [mark] = await sql<{ mark: string | null }[]>`
    select obj_description(to_regprocedure('countersign_scope()')) as mark`;
  const [made = '0', before] = mark?.mark?.split(' ') ?? [];
  if (Number(made) > version || before === digest) return false;
  await sql.begin(async (tx) => {
    await tx.unsafe(SCOPE_FUNCTION);
    await tx.unsafe(`grant usage on schema public to ${Object.values(ROLES).join(', ')}`);
    const policies = await tx<{ name: string; on: string }[]>`
      select quote_ident(policyname) as name, quote_ident(tablename) as on from pg_policies where schemaname = 'public'`;
    const tables = await tx<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`;
    for (const { name, on } of policies) if (isRuled(on)) await tx.unsafe(`drop policy ${name} on ${on}`);
    for (const { name } of tables)
      if (isRuled(name)) for (const statement of renderRule(name, ROW_RULES[name])) await tx.unsafe(statement);
    await tx.unsafe(`comment on function countersign_scope() is '${version} ${digest}'`);
  });
  return true;
}
