import {
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  isGrpcServiceError,
} from '@temporalio/client';

/** Finds the answer of the server (or of its absence), wherever the client wrapped it. */
export function findGrpcError(error: unknown): { code: number; details: string } | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  return [error, cause].find(isGrpcServiceError);
}

/** gRPC codes of a call that was not answered in time: cancelled, deadline exceeded, resource exhausted, unavailable. */
const UNANSWERED = [1, 4, 8, 14];

/**
 * Whether the server gave up the task that carried an update: FAILED_PRECONDITION if the task itself failed, as on
 * closing.
 */
export const isLost = (error: unknown): boolean =>
  error instanceof WorkflowUpdateFailedError || findGrpcError(error)?.code === 9;

/** Whether a call failed because it was not answered in time. */
export const isUnanswered = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || UNANSWERED.includes(findGrpcError(error)?.code ?? 0);
