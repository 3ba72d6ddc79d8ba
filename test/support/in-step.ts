import type { Life } from './lives';

/** Expects that an application's workflow runs, and knows just what the record knows. */
export async function expectInStep(life: Life): Promise<void> {
  const { knows, should } = await life.inStep();
  // oxlint-disable-next-line jest/no-standalone-expect -- called by tests
  expect(knows).toMatchObject(should);
}
