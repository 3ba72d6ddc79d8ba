import type { Dispatch } from '../../dispatch/dispatch';
import type { Press } from '../../papers/press';
import type { Mailer } from '../../outreach/mail';
import type { SignInConfig } from '../../runtime/config';
import type { Sql } from '../../runtime/database';
import type { KeyWrapper } from '../../runtime/key-wrapper';
import type { Keyring } from '../../runtime/keyring';
import type { Logger } from '../../runtime/logger';
import type { Temporal } from '../../runtime/temporal';
import type { Scanner } from '../../runtime/storage/scanner';
import type { FileStore } from '../../runtime/storage/store';

/** The store of documents' files, with what a file has to pass on its way in. */
export interface Files {
  store: FileStore;
  maxBytes: number;
  scanner: Scanner | null;
}

/** The parts that the API is built from; a test brings its own. */
export interface Deps {
  /** The database of routes: statements go under the role of each caller (runtime/callers.ts). */
  sql: Sql;
  /** The database of the API's own statements: callers by their keys, answers for retries, counts of calls. */
  system: Sql;
  keyring: Keyring;
  keyWrapper: KeyWrapper;
  logger: Logger;
  temporal: Temporal;
  dispatch: Dispatch;
  press: Press;
  /** Left out: invitations are shown, and not mailed. */
  mailer?: Mailer | undefined;
  /** Left out: no store is set up, and no file is taken. */
  files?: Files | undefined;
  /** How long a request waits for a workflow to take its command; later it is answered as accepted. */
  patienceMs: number;
  /** How long an answer of /readyz is given again; left out: a second. */
  readinessKeptMs?: number;
  config: {
    adminApiKey: string;
    runId: string | undefined;
    /** Set if there is a mail server: then there is no local mailbox to show. */
    smtpUrl?: string | undefined;
    webhooksToPrivate?: boolean;
    /** The origin of Temporal's UI, whose pages may have payloads opened; left out: none may. */
    temporalUiOrigin?: string | null;
    /** Left out: nobody signs in, and all callers use keys. */
    signIn?: SignInConfig | null;
  };
}
