/** The parts of the OpenAPI document, in its order: its content for a reader, and the tags of routes that it takes. */
export const SECTIONS: { name: string; description: string; tags: string[] }[] = [
  {
    name: 'The core',
    description:
      'The fifteen operations that take one application from a new client to the day on which its provider may bill. ' +
      'Each has an example. Sent in this order, the examples end with `mayBill: true`.',
    tags: [],
  },
  {
    name: 'Clients, practices and providers',
    description:
      'The file: who the clients, practices and providers are, their documents, attestations and exclusion checks, ' +
      'and what happens when one of them leaves or comes back.',
    tags: ['clients', 'practices', 'providers', 'documents', 'exclusions', 'leaving'],
  },
  {
    name: 'Payers and agreements',
    description: 'Payers, the playbooks that say how their applications are filed, and what practices have signed.',
    tags: ['payers', 'agreements'],
  },
  {
    name: 'Applications',
    description:
      'Everything that can happen to an application, before and after it is confirmed. An application’s ' +
      '`allowedActions` name the actions that its stage allows now.',
    tags: ['applications', 'application actions'],
  },
  {
    name: 'Work queue',
    description: 'The work that people have to do now, who does it, and tasks that belong to no application.',
    tags: ['work queue'],
  },
  {
    name: 'Billing readiness',
    description: 'Whether a service may be billed as in network, with the facts or the reasons behind each answer.',
    tags: ['billing readiness'],
  },
  {
    name: 'Platforms',
    description:
      'Participation through a platform: the six questions, the decision, and the way to direct contracts, beginning ' +
      'with the payers that are worth it most.',
    tags: ['platform relationships', 'leaving a platform', 'payer targets'],
  },
  {
    name: 'Events and messages',
    description: 'The feed of events, webhooks, mail and the inboxes of users.',
    tags: ['events', 'webhooks', 'outreach'],
  },
  {
    name: 'Administration',
    description: 'Users, API keys, the audit log, settings, the state of the system, and this description.',
    tags: ['users', 'API keys', 'audit', 'settings', 'operations', 'health', 'documentation'],
  },
];

export const CORE = SECTIONS[0]!.name;

/** Finds the part of the document that takes a tag of routes. */
export function findSection(tag: string): string {
  const section = SECTIONS.find(({ tags }) => tags.includes(tag));
  if (!section) throw new Error(`no part of the OpenAPI document takes the tag ${tag}`);
  return section.name;
}
