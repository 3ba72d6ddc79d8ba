import { condition, setHandler } from '@temporalio/workflow';
import { fileChangedSignal } from '../../workflows/messages';

/** A build from before workflows kept only their progress: it starts from the whole state, and asks the record by other means. */
export async function payerApplication({ state }: { state: { closedAt: string | null } }): Promise<void> {
  setHandler(fileChangedSignal, () => undefined);
  await condition(() => state.closedAt !== null, '400 days');
}
