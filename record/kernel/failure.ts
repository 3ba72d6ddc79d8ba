import { isTooLong } from '../../runtime/database';

/** Codes of PostgreSQL that say that the server or the connection failed, or that others were in the way: not the statement. */
const OF_THE_SERVER = /^(08|53|57P|58)|^(40001|40P01|55P03)$/;
/** The driver's and the system's own. */
const OF_THE_CONNECTION = /^(CONNECTION_|CONNECT_|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)/;

/** Whether a failure is a lost or overloaded server's, and says nothing about what was tried. */
export function isOfTheServer(error: unknown): boolean {
  const code = readCode(error);
  return code !== undefined && (OF_THE_SERVER.test(code) || OF_THE_CONNECTION.test(code));
}

/**
 * Whether a failure is the fault of what was tried: not of a lost server, of others in the way, or, if it ran over its
 * time, of a machine that is too busy for anything.
 */
export const isOwnFault = async (error: unknown, isStarved: () => Promise<boolean>): Promise<boolean> =>
  !isOfTheServer(error) && !(isTooLong(error) && (await isStarved()));

/** Finds the code of a failure, or else its name: never its words. */
export const findCause = (error: unknown): string =>
  readCode(error) ?? (error instanceof Error ? error.name : 'unknown');

function readCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
