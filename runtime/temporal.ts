import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { createDataConverter, type PlainPayloads } from './codec';
import type { Environment } from './config';
import type { Keyring } from './keyring';

/** Reads the TEMPORAL_* variables and the SDK's profiles; connection options fit client and worker. */
export function readTemporalSettings(env: Environment) {
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
  /** Throws if the server doesn't answer by `deadline`, in epoch milliseconds; fails fast, without retries. */
  ping(deadline: number): Promise<void>;
  close(): Promise<void>;
}

// A server that comes back is found again within seconds, however long it was away.
const CHANNEL = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2000 };

/** Creates a client that connects on first use, so that its process boots, and answers, while Temporal is away. */
export function connectTemporal(env: Environment, keyring: Keyring, plain?: PlainPayloads): Temporal {
  const { connectionOptions, namespace } = readTemporalSettings(env);
  const options = { ...connectionOptions, channelArgs: CHANNEL };
  const connection = Connection.lazy(options);
  // Retries are an interceptor; without it a call fails at once if the server is away.
  const probe = Connection.lazy({ ...options, interceptors: [] });
  return {
    connection,
    client: new Client({ connection, namespace, dataConverter: createDataConverter(keyring, plain) }),
    namespace,
    ping: async (deadline) => void (await probe.withDeadline(deadline, () => probe.workflowService.getSystemInfo({}))),
    close: async () => void (await Promise.all([connection.close(), probe.close()])),
  };
}
