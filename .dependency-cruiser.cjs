const { builtinModules } = require('node:module');
const { BESIDE_ROOMS, LAYERS, SUBJECTS } = require('./rooms.cjs');

/** The part of the domain that workflows see: vocabulary and types alone. */
const BUNDLED_DOMAIN = [
  'domain/applications/(events|progress)\\.',
  'domain/kernel/(codes|search-attributes)\\.',
  'domain/registry/application-rules\\.',
  'domain/time/instants\\.',
];

/** The imports that each room may have besides its own, as beginnings of paths. Nothing imports api or local. */
const MAY_IMPORT = {
  domain: [],
  runtime: ['domain/'],
  record: ['domain/', 'runtime/'],
  // types and vocabulary: a rule in the bundle could drift from the record's
  workflows: BUNDLED_DOMAIN,
  activities: ['outreach/', 'registries/', 'record/', 'runtime/', 'domain/', 'workflows/messages'],
  dispatch: ['record/', 'runtime/', 'domain/', 'workflows/(messages|search-attributes)'],
  worker: ['activities/', 'outreach/mail', 'registries/', 'dispatch/', 'record/', 'runtime/', 'domain/'],
  papers: ['domain/'],
  outreach: ['domain/'],
  registries: ['domain/'],
  api: [
    'dispatch/',
    'papers/',
    'registries/',
    'outreach/(invitation|mail|webhook-address)',
    'record/',
    'runtime/',
    'domain/',
    'workflows/messages',
  ],
  local: ['domain/', 'record/', 'runtime/', 'dispatch/', 'workflows/messages'],
  bench: ['domain/', 'record/', 'runtime/', 'dispatch/', 'workflows/', 'worker/options', 'local/'],
};

/** Packages with a home, so that there is one way to reach what they stand for. */
const HOMES = {
  'date-holidays|stdnum': ['domain/'],
  luxon: ['domain/', 'api/kernel/'],
  postgres: ['runtime/', 'record/'],
  zod: ['runtime/', 'api/', 'registries/'],
  'zod-openapi': ['api/'],
  'openid-client': ['api/registry/'],
  'express|helmet|pino-http|swagger-ui-dist': ['api/'],
  '@temporalio/client': ['dispatch/', 'runtime/', 'api/kernel/errors'],
  '@temporalio/(worker|activity)': ['worker/', 'activities/'],
  '@temporalio/workflow': ['workflows/'],
  nodemailer: ['outreach/'],
  aws4: ['runtime/storage/'],
  'csv-parse': ['registries/'],
  'pdfkit|csv-stringify|dejavu-fonts-ttf|fflate|ical-generator|workerpool': ['papers/'],
};

const PRODUCTION = 'domain|runtime|record|workflows|activities|dispatch|worker|papers|outreach|registries|api';
const ROOMS = `^(${Object.keys(MAY_IMPORT).join('|')}|test)/`;
const BUILTIN = `^(node:)?(${builtinModules.join('|')})$`;
const packages = (names) => `^node_modules/(@types/)?(${names})/`;
const room = (name) => `^(${name})/`;

const begins = (prefixes) => prefixes.map((prefix) => `^${prefix}`);

const rooms = Object.entries(MAY_IMPORT).map(([name, others]) => ({
  name: `${name}-imports`,
  comment: `${name} may import ${others.join(', ') || 'nothing of ours'}`,
  from: { path: room(name) },
  to: { path: ROOMS, pathNot: begins([`${name}/`, ...others]) },
}));

const homes = Object.entries(HOMES).map(([names, places]) => ({
  name: `home-of-${names}`,
  comment: `only ${places.join(', ')} may import it`,
  from: { path: room(PRODUCTION), pathNot: begins(places) },
  to: { path: packages(names) },
}));

/** One rule for each room: it imports no room above it. */
const subjects = LAYERS.flatMap((layer) =>
  SUBJECTS.map((subject, floor) => ({
    name: `${layer}-${subject}-imports-nothing-above`,
    comment: `${layer}/${subject} may import ${SUBJECTS.slice(0, floor).join(', ') || 'no other room'} of ${layer}`,
    from: { path: `^${layer}/${subject}/` },
    to: { path: `^${layer}/`, pathNot: SUBJECTS.slice(0, floor + 1).map((lower) => `^${layer}/${lower}/`) },
  })),
);

// The modules that the sandbox loads; a type-only import counts too, so that no later edit turns one into a value.
const bundled = { path: ['^workflows/', '^runtime/failure-converter'] };

module.exports = {
  forbidden: [
    ...rooms,
    ...subjects,
    {
      name: 'every-file-has-a-room',
      comment: 'beside the rooms lies only what starts or lists the whole layer',
      from: {},
      to: { path: room(LAYERS.join('|')), pathNot: [`^(${LAYERS.join('|')})/(${SUBJECTS.join('|')})/`, BESIDE_ROOMS] },
    },
    ...homes,
    {
      name: 'domain-is-pure',
      comment: 'domain has rules and calendars; what it needs from outside is handed to it',
      from: { path: room('domain') },
      to: { path: [BUILTIN, '^node_modules/'], pathNot: packages('luxon|date-holidays|stdnum') },
    },
    {
      name: 'workflows-import-the-sdk-only',
      from: { path: room('workflows') },
      to: { path: [BUILTIN, '^node_modules/'], pathNot: packages('@temporalio/(workflow|common)') },
    },
    {
      name: 'bundle-reaches-no-node',
      comment: 'a workflow is replayed: it reads no clock, disk or network of the machine',
      from: bundled,
      to: { path: BUILTIN, reachable: true },
    },
    {
      name: 'bundle-reaches-no-heavy-package',
      comment: 'zod alone costs every cached workflow a megabyte',
      from: bundled,
      to: { path: '^node_modules/(?!@temporalio/(workflow|common)/)', reachable: true },
    },
    {
      name: 'bundle-reaches-no-rule',
      comment: 'rules, zones and holidays change between releases: the recording step alone knows them',
      from: bundled,
      to: { path: '^domain/', pathNot: begins(BUNDLED_DOMAIN), reachable: true },
    },
    {
      name: 'bundle-reaches-no-room-with-effects',
      from: bundled,
      to: { path: room('activities|record|dispatch|worker|api|local'), reachable: true },
    },
    {
      name: 'no-dev-dependency-in-production',
      comment: 'the image has none of them',
      from: { path: room(PRODUCTION) },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'no-cycle', from: {}, to: { circular: true } },
    {
      name: 'no-orphan',
      from: {
        orphan: true,
        pathNot: [
          '\\.d\\.ts$',
          '^[^/]+$',
          '^\\.ci/',
          '^test/support/(patience|slowest-files)',
          '^api/billing/verify-page-script',
        ],
      },
      to: {},
    },
    { name: 'no-unresolved', from: {}, to: { couldNotResolve: true } },
  ].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.cache|\\.data)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'require'],
    },
  },
};
