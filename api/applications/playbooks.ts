import { z } from 'zod';
import { PREREQUISITES, STAGES } from '../../domain/kernel/codes';
import { STARTER_SET } from '../../domain/registry/starter-set';
import { findApplication, findApplications } from '../../record/applications/applications';
import { listPlaybookMoves } from '../../record/applications/playbook-moves';
import { addMissingPayers, findPayer, readPlaybook } from '../../record/registry/payers';
import type { Deps } from '../kernel/deps';
import { toProblem } from '../kernel/errors';
import { readClock } from '../../runtime/clock';
import { deriveUuid } from '../../runtime/uuid';
import { runInParallel } from '../kernel/parallel';
import { answerOk, route, type Route } from '../kernel/route';
import { bulkResult } from './applications-schemas';
import { id, listOfIds, instant, line } from '../kernel/schemas';
import { effectivePlaybook } from '../registry/playbook-schemas';
import { showPlaybook } from '../registry/payers';
import { MIGRATION, takeAction } from './applications-actions';

const tag = 'payers';
const AT_ONCE = 8;
const MOST = 1000;

const describeChange = <T extends z.ZodType>(value: T) => z.strictObject({ from: value, to: value });
const move = z
  .strictObject({
    id,
    playbookVersion: describeChange(z.int()),
    stage: describeChange(z.enum(STAGES)),
    nextFollowUpAt: describeChange(instant.nullable()),
    dueAt: describeChange(instant.nullable()),
    newlyUnmet: z
      .array(z.enum(PREREQUISITES))
      .meta({ description: 'The prerequisites that it would ask for and the file does not have' }),
  })
  .meta({ id: 'PlaybookMove' });

const migration = z
  .strictObject({
    preview: z.boolean().optional().meta({ description: 'true where it is left out: nothing is moved' }),
    applicationIds: listOfIds(MOST).min(1).optional().meta({ description: 'Left out: all of them' }),
  })
  .meta({ id: 'PlaybookMigration' });

export const playbookRoutes = (deps: Deps): Route[] => {
  const { sql } = deps;
  return [
    route({
      method: 'post',
      path: '/v1/payers/starter-set',
      summary: 'Add the payers of the starter set that are not there yet',
      description: 'Their playbooks are guidance, each fact with its source; those that are there stay as they are.',
      tag,
      access: 'payers:write',
      body: z.strictObject({}),
      responses: {
        200: {
          description: 'All of them',
          schema: z.strictObject({ items: z.array(z.strictObject({ id, name: line, created: z.boolean() })) }),
        },
      },
      handler: async ({ principal, commandId }) =>
        answerOk({
          items: await addMissingPayers(sql, principal, STARTER_SET, (name) => deriveUuid([commandId, name])),
        }),
    }),
    route({
      method: 'get',
      path: '/v1/applications/{id}/playbook',
      summary: 'Read the playbook that an application goes by, with all that it leaves to the defaults',
      tag,
      access: 'operations:read',
      subject: ({ principal, params }) => findApplication(sql, principal, params.id),
      responses: { 200: { description: 'The playbook', schema: effectivePlaybook } },
      handler: async ({ subject: { snapshot, playbookVersion: version } }) => {
        const { payerId, state, kind, lineOfBusiness } = snapshot.key;
        const playbook = await readPlaybook(sql, payerId, version);
        return answerOk(showPlaybook({ payerId, version, state, kind, lineOfBusiness }, playbook));
      },
    }),
    route({
      method: 'post',
      path: '/v1/payers/{id}/playbook-migrations',
      summary:
        'Move open applications and participations to the payer’s playbook of today, or see first what that would change',
      description: `Each application on its own, up to ${MOST}; a repetition moves what is left. Applications that are over stay.`,
      tag,
      access: 'payers:write',
      subject: ({ params }) => findPayer(sql, params.id),
      body: migration,
      responses: {
        200: {
          description: 'The applications: in a preview what each would change, otherwise what became of each',
          schema: z.union([z.strictObject({ items: z.array(move) }), bulkResult]),
        },
      },
      handler: async ({ principal, subject, body: { preview = true, applicationIds }, commandId }) => {
        const wanted = { ids: applicationIds, limit: MOST };
        const moves = await listPlaybookMoves(sql, principal, subject, readClock(), wanted);
        if (preview) return answerOk({ items: moves });
        const found = await findApplications(
          sql,
          principal,
          moves.map((one) => one.id),
        );
        const items = await runInParallel(found, AT_ONCE, async (one) => {
          const body = { version: subject.playbookVersion };
          const request = { principal, subject: one, body, commandId: deriveUuid([commandId, one.id]) };
          try {
            const status = await takeAction(deps, MIGRATION, request);
            return { id: one.id, status: status === 'recorded' ? 200 : 202 };
          } catch (error) {
            const problem = toProblem(error);
            return { id: one.id, status: problem.status, problem };
          }
        });
        return answerOk({ items });
      },
    }),
  ];
};
