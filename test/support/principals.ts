import type { Principal } from '../../record/kernel/principal';

/** A principal who may do everything, at every client. */
export const ADMIN: Principal = { type: 'admin', id: 'admin', name: 'Administrator', role: 'admin', clientIds: null };
