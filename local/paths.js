'use strict';
/** The places of files. Plain JavaScript: the first stage runs it before anything is built. */
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { createHash } = require('node:crypto');

/** The folder of the nearest package.json; a link to it stands for the checkout. */
function findRoot(folder) {
  const file = path.join(folder, 'package.json');
  return fs.existsSync(file) ? path.dirname(fs.realpathSync(file)) : findRoot(path.dirname(folder));
}

function isWritable(folder) {
  try {
    fs.accessSync(folder, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The checkout. */
const root = findRoot(__dirname);

/** The folder of downloaded servers, shared by all checkouts and data directories of this user. */
const cacheDirectory = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'countersign');

const inCheckout = isWritable(root) && [path.join(root, 'dist')].filter(fs.existsSync).every(isWritable);

/** The folder of this user's build: in the checkout or, if they cannot write into it, in a folder of their cache. */
const workDirectory = inCheckout
  ? root
  : path.join(cacheDirectory, 'checkouts', createHash('sha256').update(root).digest('hex').slice(0, 16));

/** The built code. */
const dist = path.join(workDirectory, 'dist');

/** Makes the folder in the cache, where one is needed; from there, the checkout and its packages are found by links. */
function openWorkDirectory() {
  if (workDirectory === root) return;
  fs.mkdirSync(workDirectory, { recursive: true, mode: 0o700 });
  for (const name of ['package.json', 'node_modules']) {
    const link = path.join(workDirectory, name);
    if (!fs.existsSync(link)) {
      fs.rmSync(link, { force: true });
      fs.symlinkSync(path.join(root, name), link);
    }
  }
}

module.exports = { cacheDirectory, dist, isWritable, openWorkDirectory, root, workDirectory };
