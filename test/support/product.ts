import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const { include } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as { include: string[] };

/** The folders of what is run, without those that measure and test it; the compiler is given all of them. */
export const PRODUCT_FOLDERS = include.filter((folder) => folder !== 'bench' && folder !== 'test');

/** The TypeScript files below a folder of the checkout, by their paths from its root, in order. */
export const listSources = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .sort();

/** The text of a file of the checkout. */
export const readSource = (file: string): string => readFileSync(join(root, file), 'utf8');
