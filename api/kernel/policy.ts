import { ROLES, STAFF_ROLES, WORKER_ROLES, type Role } from '../../domain/kernel/codes';
import type { Principal } from '../../record/kernel/principal';
import type { User } from '../../record/registry/users';

/** The permissions of each role. A role that may read a thing at all sees it in the client scope of its key only. */
const POLICY = {
  // The caller's own.
  'session:own': ROLES,
  'registry:read': ['admin', 'lead', 'specialist', 'agent', 'auditor', 'client', 'service'],
  'registry:write': ['admin', 'lead', 'specialist'],
  // The files themselves: a scan shows in full whatever is masked elsewhere.
  'documents:read': ['admin', 'lead', 'specialist', 'auditor', 'client'],
  // Links to them, which are read without a key.
  'documents:share': ['admin', 'lead', 'specialist'],
  // Tax ids of persons, DEA and policy numbers in full, one at a time and with a reason.
  'identifiers:reveal': ['admin', 'lead', 'specialist'],
  // To begin with another data key.
  'keys:rotate': ['admin'],
  // Things that all clients share.
  'clients:create': ['admin', 'lead', 'specialist'],
  'payers:write': ['admin', 'lead', 'specialist'],
  'users:read': STAFF_ROLES,
  'users:write': ['admin', 'lead'],
  'keys:read': ['admin', 'auditor'],
  'keys:write': ['admin'],
  // Reading the audit log and the access of users.
  'audit:read': ['admin', 'auditor'],
  'applications:read': ['admin', 'lead', 'specialist', 'agent', 'auditor', 'client', 'service'],
  'applications:work': ['admin', 'lead', 'specialist'],
  // Contacts, notes and information: what a follow-up consists of.
  'applications:follow_up': WORKER_ROLES,
  'applications:waive': ['admin', 'lead'],
  // Ending the call of a colleague.
  'calls:end': ['admin', 'lead'],
  // The operator's view of itself: what is to be done, and the workflow behind an application.
  'operations:read': STAFF_ROLES,
  // Having work that failed too often tried again.
  'operations:retry': ['admin', 'lead'],
  // Recording who leaves, and what has to be kept of them.
  'endings:write': ['admin', 'lead'],
  // Changing how the operator wants to work.
  'settings:write': ['admin'],
  'readiness:read': ['admin', 'lead', 'specialist', 'agent', 'auditor', 'client', 'service'],
  // Reading the answers about billing readiness, and who got them: a claims system has to prove its own answers, and
  // needs no others.
  'answers:read': ['admin', 'lead', 'specialist', 'agent', 'auditor', 'service'],
  // An answer, signed: who may ask for an answer may have it signed, but auditors, who only read.
  'certificates:read': ['admin', 'lead', 'specialist', 'agent', 'auditor', 'client', 'service'],
  'certificates:issue': ['admin', 'lead', 'specialist', 'agent', 'client', 'service'],
  'certificates:revoke': ['admin', 'lead'],
  // Changing the lists of the excluded: an import reaches every client; a decision allows or blocks billing.
  'exclusions:import': ['admin', 'lead'],
  'exclusions:decide': ['admin', 'lead'],
  'imports:run': ['admin', 'lead', 'specialist', 'service'],
} as const satisfies Record<string, readonly Role[]>;
export type Permission = keyof typeof POLICY;

// Beyond any client: a key that is scoped to some may not do these.
const UNSCOPED: readonly Permission[] = [
  'clients:create',
  'payers:write',
  'settings:write',
  'exclusions:import',
  'keys:rotate',
];

const isRoleAllowed = (role: Role, permission: Permission): boolean =>
  (POLICY[permission] as readonly Role[]).includes(role);

export const isAllowed = (principal: Principal, permission: Permission): boolean =>
  isRoleAllowed(principal.role, permission) && (principal.clientIds === null || !UNSCOPED.includes(permission));

/** Lists the roles that may, for the documentation. */
export const listRoles = (permission: Permission): readonly Role[] => POLICY[permission];

/** Whether a new key or user of this role and scope could do no more than its maker. */
export function mayGrant(
  maker: Pick<Principal, 'role' | 'clientIds'>,
  role: Role,
  clientIds: string[] | null,
): boolean {
  const permissions = Object.keys(POLICY) as Permission[];
  const roleWithin = permissions.every(
    (permission) => !isRoleAllowed(role, permission) || isRoleAllowed(maker.role, permission),
  );
  const scopeWithin = maker.clientIds === null || clientIds?.every((id) => maker.clientIds?.includes(id));
  return roleWithin && scopeWithin === true;
}

/**
 * Whether the principal may act for a user: anything that acts for a user (a feed, a cover, a change of them) reaches
 * as far as they do, so its maker has to reach that far too, in role and in clients. A user whom one only sees
 * (`isSeen` in record/registry/users.ts: a client is shared) can be given work of a shared client, and nothing more.
 */
export const mayManage = (principal: Principal, { role, clientIds }: Pick<User, 'role' | 'clientIds'>): boolean =>
  mayGrant(principal, role, clientIds);

/** Whether the principal belongs to the operator: playbooks, for example, say how payers are worked, and stay there. */
export const isOperator = ({ role }: Principal): boolean => role !== 'client';
