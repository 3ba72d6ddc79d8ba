const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

/** The layers that are divided by subject. */
const LAYERS = ['domain', 'record', 'api'];

/**
 * The subjects, lowest first: each room may import those before it in its own layer. A layer has those that it needs. Beside them
 * lies only what starts or lists the whole layer.
 */
const SUBJECTS = {
  time: 'instants, days, calendars, zones',
  kernel: 'what all rooms share',
  screening: 'exclusions by the OIG',
  registry: 'clients, providers, practices, payers, documents, users, keys',
  outreach: 'mail, webhooks, the event feed',
  billing: 'agreements, coverage, readiness to bill',
  'work-queue': 'what is to be done, snoozes, tasks, calendar feeds',
  sources: 'CAQH, NPPES, the OIG: what they said',
  upkeep: 'keeping attestations, licences and documents current',
  applications: 'one application, from opening to participation',
  platforms: 'platform relationships, their ends, plans and targets',
  offboarding: 'leaving, returning, keeping and purging',
  operations: 'health, what is stuck, the comparison with Temporal',
};

const BESIDE_ROOMS = '^api/(main|app|routes)\\.ts$';

module.exports = { LAYERS, SUBJECTS: Object.keys(SUBJECTS), BESIDE_ROOMS };

if (require.main === module) {
  for (const [subject, is] of Object.entries(SUBJECTS)) {
    const files = LAYERS.map((layer) => {
      const folder = join(__dirname, layer, subject);
      return `${layer} ${existsSync(folder) ? readdirSync(folder).length : '-'}`;
    });
    process.stdout.write(`${subject.padEnd(13)}${files.join(', ').padEnd(34)}${is}\n`);
  }
}
