import { continueAsNew } from '@temporalio/workflow';
import { participates } from '../domain/application/state';
import { Keeper } from './keeper';
import type { ApplicationInput } from './messages';

/** What follows a confirmed application: takes corrections of its facts, and its ending, until the span has ended. */
export async function networkParticipation(input: ApplicationInput): Promise<void> {
  const participation = new Keeper(input, { confirmed: 'in network from the effective date' });
  while (participates(participation.state)) {
    await participation.attend();
    if (!participation.isLong()) continue;
    await participation.drain();
    if (participates(participation.state)) await continueAsNew<typeof networkParticipation>(participation.handover());
  }
  await participation.drain();
}
