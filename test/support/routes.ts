import { listRoutes } from '../../api/routes';
import type { Route } from '../../api/kernel/route';
import { createDispatch } from '../../dispatch/dispatch';
import { createDatabase } from '../../runtime/database';
import { createLogger } from '../../runtime/logger';
import { connectTemporal } from '../../runtime/temporal';
import { testKeyring, testKeyWrapper } from './keys';

/** Nobody listens there: the routes are only read. */
const NOWHERE = '127.0.0.1:1';

/** Every route, over servers that are nowhere; `close` ends what they hold. */
export function readRoutes(): { routes: Route[]; close: () => Promise<unknown> } {
  const sql = createDatabase(`postgres://${NOWHERE}/none`, { max: 1 });
  const temporal = connectTemporal({ TEMPORAL_ADDRESS: NOWHERE }, testKeyring);
  const routes = listRoutes({
    sql,
    system: sql,
    keyring: testKeyring,
    keyWrapper: testKeyWrapper,
    logger: createLogger('test', 'silent'),
    temporal,
    dispatch: createDispatch({ sql, client: temporal.client }),
    press: { make: () => Promise.reject(new Error('no paper is made here')) },
    patienceMs: 0,
    config: { adminApiKey: '', runId: undefined },
  });
  return { routes, close: () => Promise.all([sql.end(), temporal.close()]) };
}
