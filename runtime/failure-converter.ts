import { DefaultFailureConverter } from '@temporalio/common';

/** Loaded by path into client, worker and workflow bundle: messages and stack traces go through the codec too. */
export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
