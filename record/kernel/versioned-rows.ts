import { toRows, type Tx } from '../../runtime/database';
import { recordAudit } from './audit';
import { isInScope, type Principal } from './principal';

/** Throws if the version is not the one that the caller meant to change. */
export type Precondition = (version: number) => void;

const TABLES = {
  client: 'clients',
  practice: 'practices',
  provider: 'providers',
  payer: 'payers',
  platform_relationship: 'platform_relationships',
} as const;

interface Revision {
  /** Columns of the row itself. */
  columns: object;
  /** The request, for the audit log; without a field it is no revision. */
  asked: object;
  precondition: Precondition;
}

/** Locks a versioned row that the principal may see, changes it and counts its version; returns the version. */
export async function reviseRow(
  tx: Tx,
  principal: Principal,
  kind: keyof typeof TABLES,
  id: string,
  { columns, asked, precondition }: Revision,
): Promise<number> {
  const table = tx(TABLES[kind]);
  // Payers are the operator's own: they belong to no client.
  const scope = kind === 'payer' ? tx`true` : isInScope(tx, principal);
  const [row] = await tx<{ version: number; clientId?: string | null }[]>`
    select * from ${table} where id = ${id} and ${scope} for no key update`;
  if (!row) throw new Error(`no ${kind} ${id}`);
  precondition(row.version);
  if (Object.keys(asked).length === 0) return row.version;
  const [after] = await tx`
    update ${table} set ${toRows(tx, { ...columns, version: row.version + 1 })}, updated_at = now() where id = ${id}
    returning *`;
  await recordAudit(tx, principal, {
    action: `${kind}.update`,
    subjectType: kind,
    subjectId: id,
    clientId: row.clientId ?? null,
    detail: asked,
    change: { before: row, after: after! },
  });
  return row.version + 1;
}
