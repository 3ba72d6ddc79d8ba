import { planPlatformChecks } from '../../../domain/platforms/bridge';
import type { FactState } from '../../../domain/applications/state';

const effective = (status: FactState['status'], effectiveOn = '2026-05-01'): { effectiveDate: FactState } => ({
  effectiveDate: { status, entryId: 'e', digest: 'd', counts: true, effectiveOn, against: [] },
});

test('a platform is looked at 14 days after the submission, and on an effective date that is confirmed', () => {
  const submitted = { occasion: 'submission', dueOn: '2026-03-14' };
  const from = { occasion: 'effective_date', dueOn: '2026-05-01' };
  const rows: [Parameters<typeof planPlatformChecks>[0], object[]][] = [
    [{ submittedOn: null, facts: {} }, []],
    [{ submittedOn: '2026-02-28', facts: {} }, [submitted]],
    [{ submittedOn: '2026-02-28', facts: effective('claimed') }, [submitted]],
    [{ submittedOn: '2026-02-28', facts: effective('disputed') }, [submitted]],
    [{ submittedOn: '2026-02-28', facts: effective('confirmed') }, [submitted, from]],
    [{ submittedOn: null, facts: effective('confirmed') }, [from]],
  ];
  for (const [state, checks] of rows) expect(planPlatformChecks(state)).toEqual(checks);
});
