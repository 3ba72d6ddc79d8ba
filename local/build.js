'use strict';
/** Builds `dist/`: every source that changed by its content, then the workflow bundle when what it is made of changed. */
const fs = require('node:fs');
const path = require('node:path');
const { createHash } = require('node:crypto');
const { withLock } = require('./first-stage');
const { dist, openWorkDirectory, root } = require('./paths');

const ROOMS = JSON.parse(fs.readFileSync(path.join(root, 'tsconfig.json'), 'utf8')).include.filter(
  (room) => room !== 'test',
);
const BUNDLED = ['domain/', 'workflows/', 'worker/bundle.ts', 'runtime/failure-converter.ts'];

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

const targetOf = (source) => path.join(dist, source.replace(/\.ts$/, '.js'));

function* filesOf(folder) {
  for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
    const name = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* filesOf(name);
    else if (!name.endsWith('.d.ts')) yield name;
  }
}

/** Writes whole or not at all: another process may be reading. */
function write(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.${process.pid}`, content);
  fs.renameSync(`${file}.${process.pid}`, file);
}

function readManifest(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

function compile(source, content, target) {
  if (!source.endsWith('.ts')) return write(target, content);
  const { transformSync } = require('@swc/core');
  const options = {
    filename: path.join(root, source),
    configFile: path.join(root, '.swcrc'),
    sourceFileName: path.relative(path.dirname(target), path.join(root, source)),
  };
  try {
    const { code, map } = transformSync(content.toString(), options);
    write(`${target}.map`, map);
    write(target, `${code}\n//# sourceMappingURL=${path.basename(target)}.map\n`);
  } catch (error) {
    // The rest are the compiler's own frames.
    throw new Error(`${source} does not compile:\n${error.message.split('Caused by:')[0].trimEnd()}`, { cause: error });
  }
}

/** Brings `dist/` up to date with the sources; returns the path of the workflow bundle. */
async function build() {
  const file = path.join(dist, '.manifest.json');
  const before = readManifest(file);
  const toolchain = sha256(
    ...['.swcrc', 'package-lock.json', 'local/build.js'].map((name) => fs.readFileSync(path.join(root, name))),
  );
  const sources = {};
  for (const source of ROOMS.filter((room) => fs.existsSync(path.join(root, room))).flatMap((room) => [
    ...filesOf(room),
  ])) {
    const content = fs.readFileSync(path.join(root, source));
    const target = targetOf(source);
    sources[source] = sha256(toolchain, content);
    if (sources[source] !== before.sources?.[source] || !fs.existsSync(target)) compile(source, content, target);
  }
  const targets = new Set(Object.keys(sources).map(targetOf));
  for (const target of Object.keys(before.sources ?? {}).map(targetOf)) {
    if (targets.has(target)) continue;
    for (const leftover of [target, `${target}.map`]) fs.rmSync(leftover, { force: true });
  }
  const bundlePath = path.join(dist, 'workflow-bundle.js');
  const bundle = sha256(
    ...Object.entries(sources)
      .filter(([source]) => BUNDLED.some((prefix) => source.startsWith(prefix)))
      .flat(),
  );
  const unchanged = bundle === before.bundle && fs.existsSync(bundlePath);
  write(file, JSON.stringify({ sources, bundle: unchanged ? bundle : undefined }));
  if (!unchanged) {
    console.log('Bundling the workflows ...');
    write(bundlePath, await require(path.join(dist, 'worker/bundle.js')).buildWorkflowBundle());
    write(file, JSON.stringify({ sources, bundle }));
  }
  return bundlePath;
}

/** One build at a time: several starts may share this checkout. */
function buildOnce() {
  openWorkDirectory();
  return withLock(path.join(dist, '.lock'), build);
}

module.exports = { build: buildOnce };

if (require.main === module) {
  buildOnce().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
