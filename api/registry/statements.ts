import { actor, id, instant, pageQuery, yesOrNo } from '../kernel/schemas';

/** The fields that every statement about a practice has. */
export const statementFields = {
  id,
  practiceId: id,
  recordedBy: actor,
  createdAt: instant,
  supersededBy: id.nullable(),
};

export const currentQuery = pageQuery.extend({
  current: yesOrNo.optional().meta({ description: 'true: current statements; false: former ones' }),
});

/** Shows a statement about a practice as callers see it. */
export const showStatement = <T extends { clientId: string }>({ clientId: _, ...shown }: T) => shown;
