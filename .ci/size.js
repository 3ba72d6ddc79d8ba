'use strict';
/** `npm run size`: files, lines and exported names by room; `record/`, `domain/` and `api/` also by what is in them. */
const fs = require('node:fs');
const path = require('node:path');

const ROOMS = JSON.parse(fs.readFileSync('tsconfig.json', 'utf8')).include;
const BY_SUBFOLDER = new Set(['record', 'domain', 'api']);
const DECLARED =
  /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) /gm;
const LISTED = /^export (?:type )?\{([^}]*)\}/gm;

const sourcesOf = (room) =>
  fs
    .readdirSync(room, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));

function countExports(text) {
  const listed = [...text.matchAll(LISTED)].flatMap(([, names]) => names.split(',').filter((name) => name.trim()));
  return [...text.matchAll(DECLARED)].length + listed.length;
}

function measure(name, files) {
  const texts = files.map((file) => fs.readFileSync(file, 'utf8'));
  return {
    name,
    files: files.length,
    lines: texts.reduce((sum, text) => sum + text.split('\n').length - 1, 0),
    exports: texts.reduce((sum, text) => sum + countExports(text), 0),
  };
}

/** The folders below a room, its own files last. */
function partsOf(room, files) {
  const partOf = (file) => path.dirname(file).split(path.sep).slice(0, 2).join('/');
  const names = [...new Set(files.map(partOf))].sort();
  return names.length > 1
    ? names.map((name) =>
        measure(
          `  ${name === room ? '(its own files)' : name}`,
          files.filter((file) => partOf(file) === name),
        ),
      )
    : [];
}

const rows = ROOMS.flatMap((room) => {
  const files = sourcesOf(room);
  return [measure(`${room}/`, files), ...(BY_SUBFOLDER.has(room) ? partsOf(room, files) : [])];
});
const whole = rows.filter(({ name }) => !name.startsWith(' '));
const sum = (field) => whole.reduce((total, row) => total + row[field], 0);
rows.push({ name: 'all', files: sum('files'), lines: sum('lines'), exports: sum('exports') });

const width = Math.max(...rows.map(({ name }) => name.length));
const print = (name, ...cells) =>
  console.log(name.padEnd(width) + cells.map((cell) => String(cell).padStart(9)).join(''));
print('room', 'files', 'lines', 'exports');
for (const { name, files, lines, exports: exported } of rows) print(name, files, lines, exported);
