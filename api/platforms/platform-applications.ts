import type { z } from 'zod';
import { findFittingKind } from '../../domain/platforms/consequences';
import { KIND_RULES } from '../../domain/registry/playbook';
import { recordAudit } from '../../record/kernel/audit';
import { readSurroundings } from '../../record/platforms/consequences';
import { findRelationship } from '../../record/platforms/platforms';
import { selectKnownPayers } from '../../record/registry/payers';
import type { Deps } from '../kernel/deps';
import { refuseFields, Problem, toProblem } from '../kernel/errors';
import { readClock } from '../../runtime/clock';
import { deriveUuid } from '../../runtime/uuid';
import { runInParallel } from '../kernel/parallel';
import { answerOk, route, type Route } from '../kernel/route';
import { UNKNOWN_REFERENCE } from '../kernel/schemas';
import { chosenApplications, startedApplications } from './platform-applications-schemas';
import { openOrAdopt } from '../applications/applications-opening';
import { checkPlace } from './consequences';

const tag = 'leaving a platform';
const AT_ONCE = 8;

type ChosenApplication = z.infer<typeof chosenApplications>['items'][number];

export const platformApplicationRoutes = (deps: Deps): Route[] => [
  route({
    method: 'post',
    path: '/v1/platform-relationships/{id}/applications',
    summary: 'Start the chosen direct applications in one call',
    description:
      'Once the client has decided to bridge or to build direct contracts; each application on its own. Where ' +
      'the ledger says that the contract is direct already and no kind is named, it is adopted as approved, and its four facts ' +
      'are collected. Where the platform covers the payer in the state and the decision is `bridge`, each of them knows its platform: what is submitted says that it adds and replaces nothing, and a task asks a person to check ' +
      'it that the platform still works.',
    tag,
    access: 'applications:work',
    subject: ({ principal, params }) => findRelationship(deps.sql, principal, params.id),
    body: chosenApplications,
    responses: { 200: { description: 'The result for each application, in order', schema: startedApplications } },
    handler: async ({ principal, subject, body: { practiceId, items }, commandId }) => {
      const { sql } = deps;
      const { id: relationshipId, providerId, clientId, decision } = subject;
      await checkPlace(sql, principal, subject, { practiceId });
      if (decision !== 'bridge' && decision !== 'build_direct') throw new Problem('not_decided');
      const asked = [...new Set(items.map(({ payerId }) => payerId))];
      const payers = await selectKnownPayers(sql, asked);
      const scope = { payerIds: [...payers], relationshipIds: [relationshipId] };
      const known = await readSurroundings(sql, principal, subject, scope, { practiceId }, readClock());
      // if the first waited in vain for a worker, the others do not wait
      let { patienceMs } = deps;

      async function startApplication(chosen: ChosenApplication, id: string): Promise<number> {
        const { payerId, state, locationId = null } = chosen;
        if (!payers.has(payerId)) throw refuseFields({ path: 'payerId', ...UNKNOWN_REFERENCE });
        const fits = findFittingKind({ payerId, state, practiceId, locationId }, known);
        const { kind = fits.kind } = chosen;
        const adopt = fits.adopt && chosen.kind === undefined && { adopt: { stage: 'approved' as const } };
        const opened = await openOrAdopt(
          { ...deps, patienceMs },
          {
            principal,
            id,
            body: { ...chosen, practiceId, kind, ...(KIND_RULES[kind].provider && { providerId }), ...adopt },
          },
        );
        const started = await opened.started;
        if (!started) patienceMs = 0;
        return started ? 201 : 202;
      }

      const answers = await runInParallel(items, AT_ONCE, async (chosen) => {
        const { payerId, state, lineOfBusiness, kind, locationId } = chosen;
        const id = deriveUuid([commandId, payerId, state, lineOfBusiness, kind ?? '', locationId ?? '']);
        try {
          return { payerId, state, status: await startApplication(chosen, id), id };
        } catch (error) {
          const problem = toProblem(error);
          if (problem.status === 409)
            await recordAudit(sql, principal, {
              action: 'open',
              subjectType: tag,
              subjectId: relationshipId,
              clientId,
              outcome: 'refused',
              detail: { problem: problem.type },
            });
          return { payerId, state, status: problem.status, problem };
        }
      });
      return answerOk({ items: answers });
    },
  }),
];
