'use strict';
/**
 * `npm run licences`: every package of package-lock.json has a licence that we may use, and docs/licences.md lists those
 * that production brings. With `-- --write` it writes that list.
 */
const fs = require('node:fs');

const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'Bitstream-Vera',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Unlicense',
]);

/** Read in the package's own files, where its manifest doesn't say; a new version is read anew. */
const READ = {
  'dejavu-fonts-ttf 2.37.3': 'Bitstream-Vera AND Unlicense',
  'png-js 2.0.0': 'MIT',
  'unionfs 4.6.0': 'Unlicense',
};

const LIST = 'docs/licences.md';

/** Whether an expression such as `(MIT OR CC0-1.0)` is allowed: one of its choices is enough, with every part of it. */
const isAllowed = (expression) =>
  expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => ALLOWED.has(licence)));

const nameOf = (place) => place.split('node_modules/').at(-1);

/** Every locked package, once for each version, by name. */
function readPackages() {
  const { packages } = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'));
  const locked = Object.entries(packages).filter(([place]) => place !== '');
  // A build for another platform is locked without its licence: it has that of the package that asks for it.
  const families = Object.fromEntries(
    locked.flatMap(([, { optionalDependencies = {}, license }]) =>
      Object.keys(optionalDependencies).map((variant) => [variant, license]),
    ),
  );
  const all = new Map();
  for (const [place, { version, license, dev = false, optional }] of locked) {
    const [name, id] = [nameOf(place), `${nameOf(place)} ${version}`];
    const licence = READ[id] ?? license ?? (optional ? families[name] : undefined) ?? 'none stated';
    all.set(id, { id, licence, dev: dev && (all.get(id)?.dev ?? true) });
  }
  return [...all.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
}

function list(packages) {
  const production = packages.filter(({ dev }) => !dev);
  const licences = [...new Set(production.map(({ licence }) => licence))].sort();
  return [
    '# Licences of what production brings',
    '',
    `Written by \`npm run licences -- --write\` from package-lock.json: ${production.length} packages. What only development uses is checked against the same allow list (\`.ci/licences.js\`), and is not in the image.`,
    ...licences.flatMap((licence) => [
      '',
      `## ${licence}`,
      '',
      ...production.filter((one) => one.licence === licence).map(({ id }) => `- ${id}`),
    ]),
    '',
  ].join('\n');
}

const packages = readPackages();
const refused = packages.filter(({ licence }) => !isAllowed(licence));
if (process.argv.includes('--write')) fs.writeFileSync(LIST, list(packages));
const isCurrent = fs.existsSync(LIST) && fs.readFileSync(LIST, 'utf8') === list(packages);

for (const { id, licence } of refused) console.error(`${id}: ${licence} is not on the allow list of .ci/licences.js.`);
if (!isCurrent) console.error(`${LIST} is not that of package-lock.json: run npm run licences -- --write.`);
if (refused.length > 0 || !isCurrent) process.exitCode = 1;
else console.log(`${packages.length} packages, all with a licence on the allow list.`);
