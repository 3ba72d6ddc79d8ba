'use strict';
/** Checks what must hold before anything else can run: the right Node, and the dependencies. Needs nothing but Node. */
const fs = require('node:fs');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { isWritable, root } = require('./paths');
const { takeLock, releaseLock } = require('./processes');

const modules = path.join(root, 'node_modules');
/** The oldest of each line, as package.json has them under `engines`; what comes after the last line is welcome too. */
const SUPPORTED_NODE = [
  [20, 19],
  [22, 12],
  [24, 0],
];

/** Runs `work` while this process holds the lock `file`, waiting for a live holder. */
async function withLock(file, work) {
  for (let isAnnounced = false; ; isAnnounced = true) {
    const holder = takeLock(file);
    if (!holder) break;
    if (!isAnnounced) console.log(`Waiting for process ${holder.pid}, which is preparing this checkout ...`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  try {
    return await work();
  } finally {
    releaseLock(file);
  }
}

/** Whether a version of Node, such as 20.19.0, is supported. */
function supportsNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const line = SUPPORTED_NODE.find(([supported]) => supported === major);
  return line ? minor >= line[1] : major > SUPPORTED_NODE.at(-1)[0];
}

function checkNode() {
  if (supportsNode(process.versions.node)) return;
  const lines = SUPPORTED_NODE.map((line) => line.join('.')).join(', ');
  throw new Error(
    `Countersign needs Node ${lines} or newer; this is ${process.versions.node}. Install one of these and run the command again.`,
  );
}

/** Whether npm installed what is locked; `npm ci` writes `.package-lock.json` when it has finished. */
function isInstalled(locked, installed) {
  return Object.entries(locked).every(([place, { version, optional }]) => {
    if (place === '') return true;
    return installed[place] ? installed[place].version === version : optional === true;
  });
}

function dependenciesAreCurrent() {
  const [lock, done] = [path.join(root, 'package-lock.json'), path.join(modules, '.package-lock.json')];
  const packagesOf = (file) => JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  return fs.existsSync(done) && isInstalled(packagesOf(lock), packagesOf(done));
}

function checkInstallable() {
  if ([root, modules].filter(fs.existsSync).every(isWritable)) return;
  const what = fs.existsSync(modules) ? 'not those of package-lock.json' : 'missing';
  throw new Error(
    `The dependencies are ${what}, and this user may not write into ${root}. Run \`npm ci\` there as a user who may, then run this again.`,
  );
}

async function install() {
  console.log('Installing the dependencies (npm ci) ...');
  const npm = process.env.npm_execpath;
  const [command, ...prefix] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm'];
  const began = Date.now();
  const beat = setInterval(() => console.log(`  ... ${Math.round((Date.now() - began) / 1000)} s`), 10_000);
  const outcome = await new Promise((resolve) => {
    const child = spawn(command, [...prefix, 'ci', '--include=dev'], { cwd: root, stdio: 'inherit' });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? code));
  });
  clearInterval(beat);
  if (outcome !== 0) throw new Error(`npm ci failed (${outcome}); its messages are above.`);
}

/** Checks Node, and installs the dependencies when they are not those of the lock file. */
async function prepare() {
  checkNode();
  if (!dependenciesAreCurrent()) {
    checkInstallable();
    await withLock(path.join(root, '.cache', 'install.lock'), async () => dependenciesAreCurrent() || install());
  }
}

module.exports = { isInstalled, prepare, supportsNode, withLock };
