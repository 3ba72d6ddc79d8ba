/**
 * The number of failed tries after which the relay leaves a row of the outbox, or a command, until a person has it
 * tried again. About four hours pass until then.
 */
export const MOST_RELAY_TRIES = 30;

const LONGEST_SECONDS = 600;
/** The pause before the next try if Temporal itself was away. */
const AWAY_SECONDS = 5;

export interface NextTry {
  /** The number of tries that count so far. */
  tries: number;
  inSeconds: number;
  /** Whether it was the last one. */
  dead: boolean;
}

/**
 * Plans what follows a failed try, the one that `tries` counts last: the pauses double up to ten minutes. A try that
 * found Temporal away does not count. `random`, from 0 to 1, keeps apart what failed together.
 */
export function planNextTry(tries: number, { counts, random }: { counts: boolean; random: number }): NextTry {
  const seconds = counts ? Math.min(LONGEST_SECONDS, 2 ** Math.min(tries, 10)) : AWAY_SECONDS;
  return {
    tries: counts ? tries : tries - 1,
    inSeconds: seconds * (0.75 + random / 2),
    dead: counts && tries >= MOST_RELAY_TRIES,
  };
}
