import { createDiskStore } from './disk';
import { createS3Store, type S3Settings } from './s3';
import type { FileStore } from './store';

/** The place for files: a folder, or a bucket. */
export type StoreSettings = { directory: string } | { s3: S3Settings };

/** Opens the store that the settings name; throws if its folder can't be made or written to. */
export const openStore = (settings: StoreSettings): FileStore =>
  's3' in settings ? createS3Store(settings.s3) : createDiskStore(settings.directory);
