import postgres from 'postgres';
import { loadRolesConfig } from './config';
import { createRoles } from './roles';
import { mapRoles } from './row-security';
import { runProcess } from './run-process';

/** Makes the roles of the database and ends: what an administrator runs once per cluster, and after a change of a password. */
async function runRoles(): Promise<void> {
  const { administratorUrl, urls } = loadRolesConfig(process.env);
  const sql = postgres(administratorUrl, { max: 1, onnotice: () => undefined });
  try {
    await createRoles(
      sql,
      mapRoles((role) => decodeURIComponent(new URL(urls[role]).password)),
    );
    console.log('The roles are there, and cs_owner owns the database.');
  } finally {
    await sql.end({ timeout: 5 });
  }
}

runProcess(runRoles);
