import type { AccessKind } from '../../domain/kernel/codes';
import { toUtcDate } from '../../domain/time/dates';
import { addAccessCounts, type AccessCount } from '../../record/registry/access-counts';
import { readClock } from '../../runtime/clock';
import type { Sql } from '../../runtime/database';

/** Counts who calls and who is turned away: in memory, so that a flood of wrong keys writes a row and not a million. */
export interface AccessCounter {
  count(caller: string, kind: AccessKind): void;
  /** Counts a resource that a caller did not find, as another client's if `isThere`. */
  countAbsent(caller: string, isThere: () => Promise<boolean>): void;
  /** Writes down the counts since the last time. */
  flush(): Promise<void>;
}

/** The most resources that are looked up between two flushes; further ones count as missing. */
const MOST_LOOKUPS = 100;

export function createAccessCounter(sql: Sql): AccessCounter {
  let counts = new Map<string, AccessCount>();
  let absent: { caller: string; isThere: () => Promise<boolean> }[] = [];

  function addCall({ caller, kind, day, count, lastAt }: AccessCount): void {
    const key = `${caller} ${kind} ${day}`;
    const before = counts.get(key)?.count ?? 0;
    counts.set(key, { caller, kind, day, count: before + count, lastAt });
  }

  function countCall(caller: string, kind: AccessKind): void {
    const lastAt = readClock();
    addCall({ caller, kind, day: toUtcDate(lastAt), count: 1, lastAt });
  }

  return {
    count: countCall,
    countAbsent(caller, isThere) {
      if (absent.length < MOST_LOOKUPS) absent.push({ caller, isThere });
      else countCall(caller, 'missing');
    },
    async flush() {
      const lookups = absent;
      absent = [];
      for (const { caller, isThere } of lookups)
        countCall(caller, (await isThere().catch(() => false)) ? 'foreign' : 'missing');
      const counted = [...counts.values()];
      counts = new Map();
      try {
        await addAccessCounts(sql, counted);
      } catch (error) {
        for (const one of counted) addCall(one);
        throw error;
      }
    },
  };
}
