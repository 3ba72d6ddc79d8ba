import type { ApplicationEvent } from '../../../domain/applications/events';
import { foldEvents } from '../../../domain/applications/reduce';
import { Paper } from './paper';

test('an entry of a kind that only a newer build writes changes nothing but the version', () => {
  const paper = new Paper();
  const { at } = paper.events.at(-1)!;
  const entry = { v: 1, seq: paper.events.length + 1, id: 'x', at, kind: 'of_tomorrow', data: { anything: true } };
  // as the record gives it: its type says what this build knows
  const ofTomorrow = JSON.parse(JSON.stringify(entry)) as ApplicationEvent;
  const before = foldEvents(paper.events);
  const after = foldEvents([...paper.events, ofTomorrow]);
  expect(after).toEqual({ ...before, version: before.version + 1, updatedAt: after.updatedAt });
});
