import { RULES_VERSION } from '../../domain/applications/reduce';
import { loadNextVersion, type Edit, type NextVersion } from '../support/next-version';
import { RAISED, REDUCER, SCHEDULE, TABLE } from './mutations';
import { describeDrift, readTimelines } from './timelines';

const versions: NextVersion[] = [];
async function withEdits(edits: readonly Edit[]): Promise<NextVersion> {
  const next = await loadNextVersion(edits);
  versions.push(next);
  return next;
}
afterAll(() => versions.forEach((version) => version.remove()));

describe('billing readiness', () => {
  const drifts = ({ rules }: NextVersion) =>
    readTimelines().flatMap(([life, timeline]) => describeDrift(life, timeline, rules) ?? []);

  test.each(Object.entries({ ...REDUCER, ...SCHEDULE }))(
    'catches that %s, and says what to raise and what to read',
    async (_name, edits) => {
      const [drift] = drifts(await withEdits(edits));
      expect(drift).toMatch(/raise RULES_VERSION in domain\/applications\/reduce\.ts.*docs\/changing-a-workflow\.md/);
    },
  );

  test.each(Object.entries(TABLE))('lets pass that %s: no recorded state becomes another', async (_name, edits) => {
    expect(drifts(await withEdits(edits))).toEqual([]);
  });

  test('wants a new state of every timeline once the version is raised', async () => {
    const missing = drifts(await withEdits([RAISED]));
    expect(missing).toHaveLength(readTimelines().length);
    const asked = new RegExp(`no state is stored for version ${1000 + RULES_VERSION} .*record-histories`);
    for (const one of missing) expect(one).toMatch(asked);
  });
});
