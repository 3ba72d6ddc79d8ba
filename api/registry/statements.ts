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

/** A statement as it is shown. */
export const showStatement = <T extends { clientId: string }>({ clientId: _, ...shown }: T) => shown;
