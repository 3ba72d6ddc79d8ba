import { removeDataDirectory } from '../../local/postgres-location';
import { endOrphans } from '../../local/run-record';
import { testServers } from './servers';

/** Ends what global-setup.ts started, and whatever a test left running. */
export default async function globalTeardown(): Promise<void> {
  const { directory } = testServers();
  await endOrphans(directory);
  removeDataDirectory(directory);
}
