import { rmSync } from 'node:fs';
import { endOrphans } from '../../local/run-record';
import { testServers } from './servers';

/** Ends what global-setup.ts started, and whatever a test left running. */
export default async function globalTeardown(): Promise<void> {
  const { directory } = testServers();
  await endOrphans(directory);
  rmSync(directory, { recursive: true, force: true });
}
