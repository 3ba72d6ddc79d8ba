import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import type { Sql } from './database';
import { applyRowSecurity } from './row-security';

// Beside the sources, also for compiled code.
const DIRECTORY = [join(__dirname, 'migrations'), join(__dirname, '../../runtime/migrations')].find(existsSync)!;
// Any number that nothing else locks.
const LOCK = 7_203_511;

/**
 * Applies the missing files of runtime/migrations in order, up to a number if one is given, each in a transaction of
 * its own, and then the rules of row security; returns how many files. The URL is that of the owner of the tables.
 */
export async function migrateDatabase(databaseUrl: string, { through = Infinity } = {}): Promise<number> {
  const sql = postgres(databaseUrl, { max: 1, onnotice: () => undefined });
  try {
    // Two nodes that boot at once: the second waits, then finds nothing to do.
    await sql`select pg_advisory_lock(${LOCK})`;
    await sql`
      create table if not exists migrations (
        id integer primary key,
        name text not null,
        applied_at timestamptz not null default now()
      )`;
    const files = readdirSync(DIRECTORY).filter((file) => /^\d{4}_.+\.sql$/.test(file) && readNumber(file) <= through);
    let applied = 0;
    for (const file of files.sort()) if (await applyMigration(sql, file)) applied++;
    if (through === Infinity) await applyRowSecurity(sql, files.length);
    return applied;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const readNumber = (file: string): number => Number(file.slice(0, 4));

const applyMigration = (sql: Sql, file: string): Promise<boolean> =>
  sql.begin(async (tx) => {
    const claimed = await tx`
      insert into migrations (id, name) values (${readNumber(file)}, ${file}) on conflict do nothing returning id`;
    if (claimed.length === 0) return false;
    await tx.file(join(DIRECTORY, file));
    return true;
  });
