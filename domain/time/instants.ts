/** RFC 3339 UTC with milliseconds. */
export type Instant = string;
/** YYYY-MM-DD. */
export type PlainDate = string;
