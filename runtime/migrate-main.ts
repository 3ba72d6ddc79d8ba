import { loadDatabaseUrl } from './config';
import { migrateDatabase } from './migrate';
import { runProcess } from './run-process';

/** Brings the database up to date and ends: a deployment runs it before its API and workers. */
async function runMigrations(): Promise<void> {
  const applied = await migrateDatabase(loadDatabaseUrl(process.env));
  console.log(`Migrations applied: ${applied}`);
}

runProcess(runMigrations);
