import type { Life } from './lives';

/** Expects that an application's workflow runs, and knows just what the record knows. */
export async function expectInStep(life: Life): Promise<void> {
  const { knows, should } = await life.inStep();
  expect(knows).toMatchObject(should);
}
