import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment } from '../../runtime/database';

/** The date in a zone at an instant: each a value, a column of a named table, or an expression. */
export const selectDay = (sql: Db, at: Fragment | Instant, timeZone: Fragment | string): Fragment =>
  sql`(${typeof at === 'string' ? sql`${at}::timestamptz` : at} at time zone ${timeZone})::date`;

/** Today in a zone. */
export const selectToday = (sql: Db, timeZone: Fragment | string): Fragment => selectDay(sql, sql`now()`, timeZone);

/** The date at an instant where a client is. */
export const selectClientDay = (sql: Db, at: Fragment | Instant, clientId: Fragment | string): Fragment =>
  selectDay(sql, at, sql`(select zoned.time_zone from clients zoned where zoned.id = ${clientId})`);

/** Today where a client is. */
export const selectClientToday = (sql: Db, clientId: Fragment | string): Fragment =>
  selectClientDay(sql, sql`now()`, clientId);

/** Selects today in the zone in which the day ends last: what lasts through a day is over when it is over here. */
export const selectLastToday = (sql: Db): Fragment => selectToday(sql, sql`interval '-12 hours'`);
