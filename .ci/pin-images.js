'use strict';
/**
 * `npm run images:pin`: writes the digest that its registry gives today beside the version of each image in .env, so that
 * a tag that is moved later changes nothing. It asks through docker's own client, with the registries that docker is logged in
 * to; where one of them doesn't answer, nothing is written.
 */
const { execFileSync } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** The name of each image by the variable that has its version; ours is built here and has no registry. */
function listImages(directory) {
  const files = ['docker-compose.yml', 'Dockerfile'].map((file) => readFileSync(join(directory, file), 'utf8'));
  const named = [...files.join('\n').matchAll(/(?:image:|FROM) ([\w./-]+):\$\{(\w+)\}/g)];
  return new Map(named.filter(([, image]) => image !== 'countersign').map(([, image, variable]) => [variable, image]));
}

function readDigest(reference) {
  const asked = ['buildx', 'imagetools', 'inspect', reference, '--format', '{{.Manifest.Digest}}'];
  const digest = execFileSync('docker', asked, { encoding: 'utf8', timeout: 60_000 }).trim();
  if (!DIGEST.test(digest)) throw new Error(`${reference}: docker answered no digest`);
  return digest;
}

const directory = join(__dirname, '..');
const images = listImages(directory);
const settings = join(directory, '.env');
const pinned = readFileSync(settings, 'utf8').replace(/^(\w+)=([\w.-]+)(@\S+)?$/gm, (line, variable, tag) =>
  images.has(variable) ? `${variable}=${tag}@${readDigest(`${images.get(variable)}:${tag}`)}` : line,
);
writeFileSync(settings, pinned);
process.stdout.write(`${images.size} images are pinned in .env\n`);
