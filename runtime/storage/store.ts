import type { Readable } from 'node:stream';

/**
 * Keeps sealed files, each under an id that says nothing of what it is. A file is gathered in `spool`, on this machine, and
 * handed over whole, so that nothing half-done is ever kept.
 */
export interface FileStore {
  /** A folder for files on their way into the store: sealed, for the owner's eyes only. */
  readonly spool: string;
  /** Keeps the file at `path`, which is the store's from then on; repeated, it changes nothing. */
  put(id: string, path: string): Promise<void>;
  /** Throws FileMissing where there is none of this id. */
  get(id: string): Promise<Readable>;
  /** Removes a file for good, also one that is still on its way; nothing where there is none. */
  remove(id: string): Promise<void>;
}

/** The store can't be reached or written to, so that the same may work later. */
export class StoreUnavailable extends Error {
  override name = 'StoreUnavailable';
}

/** The store has no file of an id under which one was kept. */
export class FileMissing extends Error {
  override name = 'FileMissing';
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Names a file in the store by its id; throws if it is none, as a name with anything else in it might lead elsewhere. */
export function nameFile(id: string): string {
  if (!ID.test(id)) throw new Error('a file goes by an id');
  return id;
}
