import { loadConfig } from './config';
import { migrate } from './migrate';
import { runProcess } from './run-process';

/** Brings the database up to date and ends: what a deployment runs before its API and workers. */
async function main(): Promise<void> {
  const applied = await migrate(loadConfig(process.env).databaseUrl);
  console.log(`Migrations applied: ${applied}`);
}

runProcess(main);
