import { verifyAuditLog } from '../record/operations/audit-chain';
import { loadDatabaseUrl } from '../runtime/config';
import { createDatabase } from '../runtime/database';
import { runProcess } from '../runtime/run-process';
import { reportVerification } from './audit-report';

/** Verifies the audit log, and that it has the roots whose hashes are given; ends with 1 if it does not hold. */
async function verifyRecord(): Promise<void> {
  const sql = createDatabase(loadDatabaseUrl(process.env), { max: 1 });
  try {
    const found = await verifyAuditLog(sql, process.argv.slice(2));
    for (const line of reportVerification(found)) console.log(line);
    process.exitCode = found.broken ? 1 : 0;
  } finally {
    await sql.end();
  }
}

runProcess(verifyRecord);
