/** How long a call goes on at most. */
export const MOST_CALL_MINUTES = 60;
/** About how many applications one is at most. */
export const MOST_CALLED = 100;
