import type { Deps } from '../deps';
import type { Route } from '../route';
import { agreementRoutes } from './agreements';
import { apiKeyRoutes } from './api-keys';
import { applicationRoutes } from './applications';
import { applicationActionRoutes } from './applications-actions';
import { attestationRoutes } from './attestations';
import { bulkRoutes } from './bulk';
import { clientRoutes } from './clients';
import { consequenceRoutes } from './consequences';
import { coverageRoutes } from './coverage';
import { documentRoutes } from './documents';
import { endingRoutes } from './endings';
import { eventRoutes } from './events';
import { evidenceRoutes } from './evidence';
import { exclusionRoutes } from './exclusions';
import { healthRoutes } from './health';
import { inquiryRoutes } from './inquiries';
import { outreachRoutes } from './outreach';
import { payerRoutes } from './payers';
import { planRoutes } from './plans';
import { platformApplicationRoutes } from './platform-applications';
import { platformRoutes } from './platforms';
import { playbookRoutes } from './playbooks';
import { practiceRoutes } from './practices';
import { providerRoutes } from './providers';
import { operationsRoutes } from './operations';
import { readinessRoutes } from './readiness';
import { registryDepthRoutes } from './registry-depth';
import { registryRoutes } from './registries';
import { settingsRoutes } from './settings';
import { targetRoutes } from './targets';
import { taskRoutes } from './tasks';
import { upkeepRoutes } from './upkeep';
import { userRoutes } from './users';
import { workRoutes } from './work';
import { workQueueRoutes } from './work-queue';

const GROUPS = [
  healthRoutes,
  clientRoutes,
  practiceRoutes,
  providerRoutes,
  attestationRoutes,
  upkeepRoutes,
  payerRoutes,
  playbookRoutes,
  documentRoutes,
  registryDepthRoutes,
  exclusionRoutes,
  registryRoutes,
  platformRoutes,
  inquiryRoutes,
  consequenceRoutes,
  targetRoutes,
  planRoutes,
  platformApplicationRoutes,
  applicationRoutes,
  applicationActionRoutes,
  evidenceRoutes,
  bulkRoutes,
  workQueueRoutes,
  workRoutes,
  taskRoutes,
  readinessRoutes,
  eventRoutes,
  outreachRoutes,
  coverageRoutes,
  agreementRoutes,
  endingRoutes,
  operationsRoutes,
  settingsRoutes,
  userRoutes,
  apiKeyRoutes,
];

/** Every route there is, in the order of the documentation. */
export const allRoutes = (deps: Deps): Route[] => GROUPS.flatMap((routes) => routes(deps));
