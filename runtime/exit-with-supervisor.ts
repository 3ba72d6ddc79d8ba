const PATIENCE_MS = 3000;

/**
 * Ends this process when the supervisor that started it over an IPC channel is gone: first as SIGTERM would, then by
 * force. Does nothing in a process without a supervisor.
 */
export function exitWithSupervisor(): void {
  if (process.connected === undefined) return;
  if (!process.connected) return endProcessGracefully();
  process.once('disconnect', endProcessGracefully);
  process.channel?.unref();
}

function endProcessGracefully(): void {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
}
