/** The longest duration of one call. */
export const MOST_CALL_MINUTES = 60;
/** The largest number of applications that one call covers. */
export const MOST_CALLED = 100;
