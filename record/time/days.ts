import type { Instant } from '../../domain/time/instants';
import type { Db, Fragment } from '../../runtime/database';

/** Selects the date in a zone at an instant; each may be a value, a column of a named table, or an expression. */
export const selectDay = (sql: Db, at: Fragment | Instant, timeZone: Fragment | string): Fragment =>
  sql`(${typeof at === 'string' ? sql`${at}::timestamptz` : at} at time zone ${timeZone})::date`;

/** Selects today in a zone. */
export const selectToday = (sql: Db, timeZone: Fragment | string): Fragment => selectDay(sql, sql`now()`, timeZone);

/** Selects the date at an instant in a client's zone. */
export const selectClientDay = (sql: Db, at: Fragment | Instant, clientId: Fragment | string): Fragment =>
  selectDay(sql, at, sql`(select zoned.time_zone from clients zoned where zoned.id = ${clientId})`);

/** Selects today in a client's zone. */
export const selectClientToday = (sql: Db, clientId: Fragment | string): Fragment =>
  selectClientDay(sql, sql`now()`, clientId);

/** Selects today in the zone in which the day ends last: what lasts through a day is over when it is over here. */
export const selectLastToday = (sql: Db): Fragment => selectToday(sql, sql`interval '-12 hours'`);
