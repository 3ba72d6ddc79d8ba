import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs, optionalTsToMs, tsToMs } from '@temporalio/common/lib/time';
import { SEARCH_ATTRIBUTES } from '../domain/kernel/search-attributes';
import { nameType } from '../runtime/search-attributes';

/** Lists the arguments of a dev server on the loopback; without `file` it keeps everything in memory. */
export function listDevServerArguments(options: {
  port: number;
  namespace: string;
  uiPort?: number;
  /** The address at which the UI has payloads opened. */
  codecEndpoint?: string;
  file?: string;
}): string[] {
  return [
    'server',
    'start-dev',
    '--ip=127.0.0.1',
    `--port=${options.port}`,
    `--namespace=${options.namespace}`,
    '--log-level=warn',
    ...(options.uiPort ? [`--ui-port=${options.uiPort}`] : ['--headless']),
    ...(options.codecEndpoint ? [`--ui-codec-endpoint=${options.codecEndpoint}`] : []),
    // Measured: these settings double the lives per second; a killed process loses nothing, a power cut may lose the last commits.
    ...(options.file
      ? [`--db-filename=${options.file}`, '--sqlite-pragma=journal_mode=wal', '--sqlite-pragma=synchronous=normal']
      : []),
    ...Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `--search-attribute=${name}=${nameType(type)}`),
  ];
}

/** Waits until the server at `address` knows `namespace` and returns the connection to it; `signal` gives up. */
export async function connectToServer(address: string, namespace: string, signal: AbortSignal): Promise<Connection> {
  for (;;) {
    signal.throwIfAborted();
    let connection: Connection | undefined;
    try {
      connection = await Connection.connect({ address, connectTimeout: 2000 });
      await connection.workflowService.describeNamespace({ namespace });
      return connection;
    } catch {
      await connection?.close();
      await delay(50, undefined, { signal });
    }
  }
}

const TEN_YEARS = msToTs('3650 days');

/** Has the namespace keep the histories of closed workflows for ten years, to look back; throws if it doesn't take. */
export async function keepHistory(connection: Connection, namespace: string): Promise<void> {
  const isRetentionTaken = async () => {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    return optionalTsToMs(config?.workflowExecutionRetentionTtl) === tsToMs(TEN_YEARS);
  };
  if (await isRetentionTaken()) return;
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl: TEN_YEARS } });
  if (!(await isRetentionTaken()))
    throw new Error(`The Temporal server did not take a retention of ten years for ${namespace}.`);
}
