import type { Db } from '../runtime/database';

/** Who has to hear of a change, and of what: ids only. */
export interface OutboxSubjects {
  file_changed: { personId: string } | { practiceId: string };
  start_application: { applicationId: string };
  start_participation: { applicationId: string };
  end_participations: { applicationId: string };
}
export type OutboxTopic = keyof OutboxSubjects;

/** Tells the relay of a change when, and only when, the transaction commits. */
export async function enqueue<T extends OutboxTopic>(tx: Db, topic: T, subject: OutboxSubjects[T]): Promise<void> {
  await tx`insert into outbox (topic, subject) values (${topic}, ${tx.json({ ...subject })})`;
  await tx`notify outbox`;
}
