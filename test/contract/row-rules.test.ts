import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROW_RULES } from '../../runtime/row-rules';
import { renderRule } from '../../runtime/row-security';

const directory = join(__dirname, '../../runtime/migrations');
const migrations = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
const named = (statement: RegExp) =>
  migrations.flatMap((text) => [...text.matchAll(statement)].map(([, name]) => name!));
const gone = new Set(named(/^drop table (?:if exists )?(\w+)/gim));
const made = [...new Set(named(/^create (?:unlogged )?table (?:if not exists )?(\w+)/gim)), 'migrations'].filter(
  (name) => !gone.has(name),
);

test('each table that migrations make has its rule in runtime/row-rules.ts, and no rule is for another', () => {
  expect(made.length).toBeGreaterThan(80);
  expect(Object.keys(ROW_RULES).sort()).toEqual(made.sort());
});

test('a table with a client in it is read by that client, and a rule that reads more says which rows', () => {
  const ofClients = made.filter((table) =>
    migrations.some((text) => new RegExp(`create table ${table} \\([^;]*\\bclient_id uuid`, 's').test(text)),
  );
  expect(ofClients.length).toBeGreaterThan(50);
  const open = ofClients.filter((table) => ROW_RULES[table as keyof typeof ROW_RULES].reads === 'true');
  expect(open).toEqual([]);
});

test('nobody may change or take away a row of a table that only grows, but a purge', () => {
  const statements = renderRule('audit_log', ROW_RULES.audit_log).join('\n');
  expect(statements).not.toMatch(/grant [^;\n]*update/);
  expect(statements.match(/^grant [^\n]*delete.*$/gm)).toEqual(['grant delete on audit_log to cs_purge']);
});
