import type { Deps } from './kernel/deps';
import type { Route } from './kernel/route';
import { agreementRoutes } from './billing/agreements';
import { apiKeyRoutes } from './registry/api-keys';
import { applicationRoutes } from './applications/applications';
import { applicationActionRoutes } from './applications/applications-actions';
import { attestationRoutes } from './registry/attestations';
import { bulkRoutes } from './applications/bulk';
import { certificateRoutes } from './billing/certificates';
import { clientRoutes } from './registry/clients';
import { consequenceRoutes } from './platforms/consequences';
import { coverageRoutes } from './billing/coverage';
import { documentFileRoutes } from './registry/document-files';
import { documentRoutes } from './registry/documents';
import { endingRoutes } from './offboarding/endings';
import { userEndingRoutes } from './offboarding/user-endings';
import { eventRoutes } from './outreach/events';
import { evidenceFileRoutes } from './applications/evidence-file';
import { exclusionRoutes } from './screening/exclusions';
import { healthRoutes } from './operations/health';
import { inquiryRoutes, platformKnowledgeRoutes } from './platforms/inquiries';
import { messageRoutes, webhookRoutes } from './outreach/outreach';
import { payerRoutes } from './registry/payers';
import { planRoutes } from './platforms/plans';
import { platformApplicationRoutes } from './platforms/platform-applications';
import { ledgerRoutes, relationshipRoutes } from './platforms/platforms';
import { playbookRoutes } from './applications/playbooks';
import { practiceRoutes } from './registry/practices';
import { revealRoutes } from './registry/reveals';
import { npiCorrectionRoutes, providerRoutes } from './registry/providers';
import { codecRoutes } from './operations/codec';
import { operationsRoutes } from './operations/operations';
import { readinessRoutes } from './billing/readiness';
import { enrolmentRoutes } from './registry/enrolments';
import { portalAccessRoutes } from './registry/portal-access';
import { authorisationRoutes } from './registry/authorisations';
import { snapshotRoutes } from './sources/snapshots';
import { mergeRoutes } from './registry/merges';
import { findingRoutes } from './sources/findings';
import { absenceCoverRoutes } from './registry/absence-covers';
import { assignmentRoutes } from './applications/assignments';
import { callSheetRoutes } from './applications/call-sheet';
import { callRoutes } from './applications/calls';
import { snoozeRoutes } from './applications/snoozes';
import { calendarFeedRoutes } from './work-queue/calendar-feeds';
import { registryRoutes } from './sources/registries';
import { settingsRoutes } from './operations/settings';
import { targetRoutes } from './platforms/targets';
import { clientRequestRoutes } from './work-queue/client-requests';
import { providerContactRoutes } from './work-queue/provider-contacts';
import { taskRoutes } from './work-queue/tasks';
import { upkeepRoutes } from './upkeep/upkeep';
import { accessReviewRoutes } from './operations/access-review';
import { auditSampleRoutes } from './operations/audit-samples';
import { auditRoutes } from './operations/audit';
import { sessionRoutes } from './registry/sessions';
import { userRoutes } from './registry/users';
import { workQueueRoutes } from './work-queue/work-queue';

const GROUPS = [
  healthRoutes,
  clientRoutes,
  practiceRoutes,
  revealRoutes,
  providerRoutes,
  npiCorrectionRoutes,
  attestationRoutes,
  upkeepRoutes,
  payerRoutes,
  playbookRoutes,
  documentRoutes,
  documentFileRoutes,
  enrolmentRoutes,
  portalAccessRoutes,
  authorisationRoutes,
  snapshotRoutes,
  findingRoutes,
  mergeRoutes,
  exclusionRoutes,
  registryRoutes,
  relationshipRoutes,
  ledgerRoutes,
  inquiryRoutes,
  platformKnowledgeRoutes,
  consequenceRoutes,
  targetRoutes,
  planRoutes,
  platformApplicationRoutes,
  applicationRoutes,
  applicationActionRoutes,
  evidenceFileRoutes,
  bulkRoutes,
  workQueueRoutes,
  assignmentRoutes,
  snoozeRoutes,
  callSheetRoutes,
  callRoutes,
  absenceCoverRoutes,
  calendarFeedRoutes,
  taskRoutes,
  clientRequestRoutes,
  providerContactRoutes,
  readinessRoutes,
  certificateRoutes,
  eventRoutes,
  webhookRoutes,
  messageRoutes,
  coverageRoutes,
  agreementRoutes,
  endingRoutes,
  userEndingRoutes,
  operationsRoutes,
  codecRoutes,
  settingsRoutes,
  userRoutes,
  sessionRoutes,
  apiKeyRoutes,
  auditRoutes,
  accessReviewRoutes,
  auditSampleRoutes,
];

/** Lists every route there is, in the order of the documentation. */
export const listRoutes = (deps: Deps): Route[] => GROUPS.flatMap((routes) => routes(deps));
