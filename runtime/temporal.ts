import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { dataConverter } from './codec';
import type { Environment } from './config';
import type { Keyring } from './keyring';

/** What the TEMPORAL_* variables and the SDK's profiles say; connection options fit client and worker. */
export function temporalSettings(env: Environment) {
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    overrideEnvVars: Object.fromEntries(set),
  });
  return { connectionOptions, namespace };
}

export interface Temporal {
  connection: Connection;
  client: Client;
  namespace: string;
}

/** A client that connects on first use, so that its process boots, and answers, while Temporal is away. */
export function connectTemporal(env: Environment, keyring: Keyring): Temporal {
  const { connectionOptions, namespace } = temporalSettings(env);
  const connection = Connection.lazy(connectionOptions);
  return {
    connection,
    client: new Client({ connection, namespace, dataConverter: dataConverter(keyring) }),
    namespace,
  };
}
