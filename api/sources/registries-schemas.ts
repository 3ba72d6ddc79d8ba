import { z } from 'zod';
import { PROPOSED_FIELDS } from '../../domain/sources/proposals';
import { actor, date, id, instant, line, allowWords, state, yesOrNo } from '../kernel/schemas';

export const rosterRequest = z
  .strictObject({
    id,
    caqhId: line,
    kind: z
      .enum(['add', 'remove'])
      .meta({ description: '`remove`: for a person who is no client’s provider any more' }),
    status: z.enum(['queued', 'pending', 'added', 'removed', 'refused', 'withdrawn']),
    exception: line.nullable().meta({ description: 'Why CAQH refused' }),
    requestedBy: actor,
    createdAt: instant,
    settledAt: instant.nullable(),
  })
  .meta({ id: 'RosterRequest' });
export const rosterRequests = z.strictObject({ items: z.array(rosterRequest) });

export const exportQuery = z.strictObject({
  dryRun: yesOrNo.optional().meta({ description: 'true: says what would come of it and records nothing' }),
});
const count = z.int().nonnegative();
export const exportOutcome = z
  .strictObject({
    dryRun: z.boolean(),
    total: count,
    recorded: count,
    unchanged: count,
    rejected: z.array(z.strictObject({ line: count, column: line, rule: line })).meta({
      description:
        'A row with `shortened_by_spreadsheet` has an id like 1.2E+09, one with `spreadsheet_date` a number (46082, or ' +
        '46082.5 with a time) instead of its date: both columns have to be formatted as text before the file is saved. ' +
        'One with `more_cells_than_headings` has a comma within a cell that is not in quotes',
    }),
  })
  .meta({ id: 'CaqhExportOutcome' });

const source = z.enum(['caqh', 'nppes']);
const field = z.enum(PROPOSED_FIELDS);
export const proposalList = z.strictObject({
  items: z.array(
    z
      .strictObject({
        source,
        takenOn: date,
        field,
        state: state.optional().meta({ description: 'The state whose licence number it is' }),
        onFile: line.nullable(),
        proposed: line,
      })
      .meta({ id: 'Proposal' }),
  ),
});
export const proposalChoice = z
  .strictObject({ source, fields: allowWords(PROPOSED_FIELDS).min(1) })
  .meta({ id: 'ProposalChoice' });
