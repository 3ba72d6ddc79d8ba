import type { Deps } from '../deps';
import type { Route } from '../route';
import { apiKeyRoutes } from './api-keys';
import { attestationRoutes } from './attestations';
import { clientRoutes } from './clients';
import { documentRoutes } from './documents';
import { healthRoutes } from './health';
import { payerRoutes } from './payers';
import { practiceRoutes } from './practices';
import { providerRoutes } from './providers';
import { userRoutes } from './users';

const GROUPS = [
  healthRoutes,
  clientRoutes,
  practiceRoutes,
  providerRoutes,
  attestationRoutes,
  payerRoutes,
  documentRoutes,
  userRoutes,
  apiKeyRoutes,
];

/** Every route there is, in the order of the documentation. */
export const allRoutes = (deps: Deps): Route[] => GROUPS.flatMap((routes) => routes(deps));
