import type { Role } from '../../domain/kernel/codes';
import type { Db, Fragment } from '../../runtime/database';

/** In whose name a query or a change is made. */
export interface Principal {
  type: 'key' | 'admin' | 'system';
  id: string;
  name: string;
  role: Role;
  /** null: every client. */
  clientIds: string[] | null;
  /** The request that it acts in, for the audit log. */
  requestId?: string;
}

/** Who did it, as it is kept on record. */
export interface Actor {
  type: Principal['type'];
  id: string;
  name: string;
}

export const actorOf = ({ type, id, name }: Principal): Actor => ({ type, id, name });

/** The condition that keeps a query within what the principal may see; belongs into every query that has one. */
export const inScope = (sql: Db, { clientIds }: Principal, column = 'client_id'): Fragment =>
  clientIds === null ? sql`true` : sql`${sql(column)} = any(${clientIds}::uuid[])`;
