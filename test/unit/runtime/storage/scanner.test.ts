import { ScanFailed, checkFile } from '../../../../runtime/storage/scanner';

async function* file(...pieces: string[]) {
  for (const piece of pieces) yield Buffer.from(piece);
}
/** A scanner that is a few lines of JavaScript. */
const scanner = (program: string, seconds = 20): Parameters<typeof checkFile>[0] => ({
  command: [process.execPath, '-e', program],
  seconds,
});
const REFUSES_EICAR = `
  let text = '';
  process.stdin.on('data', (part) => (text += part)).on('end', () => process.exit(text.includes('EICAR') ? 1 : 0));`;

test('the scanner gets the whole file, and refuses it by 1', async () => {
  expect(await checkFile(scanner(REFUSES_EICAR), file('plain ', 'text'))).toBe(true);
  expect(await checkFile(scanner(REFUSES_EICAR), file('EI', 'CAR'))).toBe(false);
});

test('a scanner may decide before it has read all, and may write as much as it likes', async () => {
  const large = () => file(...Array.from({ length: 200 }, () => 'x'.repeat(65_536)));
  expect(await checkFile(scanner('process.exit(1)'), large())).toBe(false);
  expect(await checkFile(scanner('process.exit(0)'), large())).toBe(true);
  const chatty = `const fs = require('node:fs'); for (let n = 0; n < 64; n++) fs.writeSync(1, 'y'.repeat(65536)); process.exit(1)`;
  expect(await checkFile(scanner(chatty), file('x'))).toBe(false);
});

test('any other end is no verdict: another code, a signal, no such program, and more time than it has', async () => {
  const failing = [
    scanner('process.exit(2)'),
    scanner('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)'),
    scanner('setInterval(() => {}, 1000)', 1),
    { command: ['/nowhere/scanner'] as [string], seconds: 20 },
  ];
  for (const one of failing) await expect(checkFile(one, file('x'))).rejects.toThrow(ScanFailed);
});

test('what looks like a shell’s words is an argument, and no secret of ours is in its environment', async () => {
  process.env.ENCRYPTION_KEYS_OF_TEST = 'secret';
  const program = `
    const right = process.argv[1] === '; exit 1 #$(exit 1)' && Object.keys(process.env).join() === 'PATH';
    process.stdin.resume().on('end', () => process.exit(right ? 0 : 1));`;
  const { command } = scanner(program);
  expect(await checkFile({ command: [...command, '; exit 1 #$(exit 1)'], seconds: 20 }, file('x'))).toBe(true);
});
