import type { Api } from './http';
import { hashFile, inventPdf } from './invented';
import { createSampleBook } from './sample-book';

/** Loads the invented book of `day`. Each request has a key of its own, so that a broken-off load can be repeated. */
export async function loadSample(api: Api, day: string): Promise<void> {
  const book = createSampleBook(day);
  const postSample = (path: string, body: object, name: string) =>
    api.post(path, body, `sample/${day}/${name}`.replaceAll(' ', '-'));

  const userIds = new Map<string, string>();
  for (const user of book.users) userIds.set(user.name, (await postSample('/v1/users', user, user.email)).id);

  const payerIds = new Map<string, string>();
  for (const payer of book.payers) {
    const { id } = await postSample('/v1/payers', payer, payer.name);
    for (const name of [payer.name, ...payer.aliases]) payerIds.set(name, id);
  }
  await postSample('/v1/payers/starter-set', {}, 'starter set');

  const providers = new Map<string, { clientId: string; providerId: string; practiceId: string }>();
  for (const { practices, providers: members, ...client } of book.clients) {
    const { id } = await postSample('/v1/clients', client, client.name);
    const [practice] = await Promise.all(
      practices.map((each) => postSample(`/v1/clients/${id}/practices`, each, each.legalName)),
    );
    for (const member of members) {
      const provider = await postSample(`/v1/clients/${id}/providers`, member, member.lastName);
      providers.set(member.lastName, { clientId: id, providerId: provider.id, practiceId: practice.id });
    }
  }
  for (const { provider, ...attestation } of book.attestations) {
    await postSample(
      `/v1/providers/${providers.get(provider)!.providerId}/attestations`,
      attestation,
      `${provider} attests`,
    );
  }

  for (const { provider, payers, answers, decision, ...relationship } of book.relationships) {
    const { providerId } = providers.get(provider)!;
    const body = { ...relationship, providerId, payerIds: payers.map((payer) => payerIds.get(payer)) };
    const { id } = await postSample('/v1/platform-relationships', body, `${provider} on ${relationship.platform}`);
    const asked = { answeredBy: `${relationship.platform} support`, answeredOn: day, channel: 'email' };
    for (const [question, answer] of Object.entries(answers))
      await api.put(`/v1/platform-relationships/${id}/answers/${question}`, { ...asked, ...answer });
    if (decision) await api.put(`/v1/platform-relationships/${id}/decision`, decision);
  }

  const documentIds = new Map<string, string>();
  for (const { provider, lines, ...document } of book.documents) {
    const file = inventPdf(lines);
    const path = `/v1/clients/${providers.get(provider)!.clientId}/documents`;
    const { id } = await postSample(path, { ...document, sha256: hashFile(file) }, document.name);
    await api.putFile(`/v1/documents/${id}/content`, file);
    documentIds.set(document.name, id);
  }

  for (const { provider, payer, assignee, ...application } of book.applications) {
    const { clientId: _, ...parties } = providers.get(provider)!;
    // evidence is named in the book, by the name of its document
    const named: object = JSON.parse(JSON.stringify(application), (field, value: unknown) =>
      field === 'evidence' ? (value as string[]).map((name) => documentIds.get(name)) : value,
    );
    const body = { ...parties, payerId: payerIds.get(payer), ...named };
    const { id } = await postSample('/v1/applications', body, `${provider} at ${payer} in ${application.state}`);
    if (assignee) await api.put(`/v1/applications/${id}/assignment`, { assignee: userIds.get(assignee) });
  }
}
