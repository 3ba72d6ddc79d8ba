import { removeDataDirectory } from '../../local/postgres-location';
import { endOrphans } from '../../local/run-record';
import { readTestServers } from './servers';

/** Ends what global-setup.ts started, and whatever a test left running. */
export default async function globalTeardown(): Promise<void> {
  const { directory } = readTestServers();
  await endOrphans(directory);
  removeDataDirectory(directory);
}
