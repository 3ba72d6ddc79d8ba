import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/** The ports of the local servers of one data directory. */
export interface LocalPorts {
  postgres: number;
  temporal: number;
  temporalUi: number;
  codec: number;
}

/** Locates the file in which a data directory keeps its ports. */
export const locatePortsFile = (dataDirectory: string): string => join(dataDirectory, 'ports.json');

/** Reads the ports with which a data directory was started last. */
export const readPorts = (dataDirectory: string): LocalPorts =>
  JSON.parse(readFileSync(locatePortsFile(dataDirectory), 'utf8'));

function tryListening(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}

/** Whether nothing listens on this port, neither on the loopback nor on all interfaces. */
export async function isFree(port: number): Promise<boolean> {
  return (await tryListening(port, '127.0.0.1')) !== undefined && (await tryListening(port, '0.0.0.0')) !== undefined;
}

/** Finds a port of the loopback that is free now. */
export async function findFreePort(): Promise<number> {
  const port = await tryListening(0, '127.0.0.1');
  if (port === undefined) throw new Error('No free port on 127.0.0.1.');
  return port;
}

/** Remembers in `file` the ports under these names; one that is missing, taken or among `except` is chosen anew. */
export async function rememberPorts<Name extends string>(
  file: string,
  names: Name[],
  except: number[],
): Promise<Record<Name, number>> {
  const before: Partial<Record<Name, number>> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const ports = {} as Record<Name, number>;
  const used = new Set(except);
  for (const name of names) {
    let port = before[name];
    while (port === undefined || used.has(port) || !(await isFree(port))) port = await findFreePort();
    used.add(port);
    ports[name] = port;
  }
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}
