import type { Instant } from '../domain/application/events';
import type { WatchType } from '../domain/codes';
import { beginStep, type Sql, type Tx } from '../runtime/database';
import { giveChecks } from './bridges';
import { endStepByStep } from './endings';
import { chaseEnrolments } from './enrolment-chase';
import { askForList } from './exclusion-source';
import { askQuestions } from './inquiries';
import { keepUp } from './upkeep';
import { dueMail, type OutreachStep } from './mail';
import { tellReadiness } from './readiness-told';
import { dueCaqh, dueNppes } from './registries';
import { dueWebhooks } from './webhooks';
import { purgeWhatIsDue } from './retention';

/** Does what is due for a subject and answers when to look again; doing it twice is doing it once. */
type Step = (tx: Tx, subject: string, now: Instant) => Promise<OutreachStep>;

const STEPS: Record<WatchType, Step> = {
  platformInquiry: askQuestions,
  platformCheck: giveChecks,
  billingReadiness: tellReadiness,
  enrolmentChase: chaseEnrolments,
  providerUpkeep: keepUp,
  outreach: dueMail,
  webhook: dueWebhooks,
  exclusionList: askForList,
  caqhStatus: dueCaqh,
  nppesRecord: dueNppes,
  ending: endStepByStep,
  retention: purgeWhatIsDue,
};

/** Takes a watch's step in one transaction. */
export const wake = (
  sql: Sql,
  { watch, subject, at }: { watch: WatchType; subject: string; at: Instant },
): Promise<OutreachStep> => beginStep(sql, (tx) => STEPS[watch](tx, subject, at));
