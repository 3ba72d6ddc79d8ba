import { randomUUID } from 'node:crypto';
import { StandIn } from './server';

/** A provider as the stand-in knows them, in CAQH's own words. */
export interface StandInProvider {
  caqhId: string;
  npi: string;
  rosterStatus?: string;
  authorizationFlag?: 'Y' | 'N';
  providerStatus?: string;
  /** YYYYMMDD. */
  statusDate?: string;
  /** The status that a pull of the profile is answered with: 200, 292 or 294. */
  profile?: number;
  /** The exception that an addition to the roster is answered with; left out: it works. */
  exception?: string;
}

/** Speaks CAQH's HTTP (domain.md, 1.4), for tests and `npm start`. */
export class StandInCaqh extends StandIn {
  readonly providers: StandInProvider[] = [];
  /** How often a batch is answered as pending before it is done. */
  pending = 0;
  private readonly batches = new Map<string, { caqhId: string; removes: boolean; asked: number }>();

  constructor(readonly account = { username: 'operator', password: 'secret', organizationId: '4321' }) {
    super(({ method, path, query, body }, { headers }) => {
      const { username, password } = this.account;
      const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
      if (headers.authorization !== expected)
        return { status: 401, body: { Message: 'Authorization has been denied.' } };
      switch (`${method} ${path}`) {
        case 'GET /RosterAPI/api/providerstatus':
          return this.answerStatus(query.Organization_Id, (one) => one.caqhId === query.Caqh_Provider_Id);
        case 'GET /RosterAPI/api/providerstatusbynpi':
          return this.answerStatus(query.Organization_Id, (one) => one.npi === query.NPI_Provider_Id);
        case 'POST /RosterAPI/API/Roster':
        case 'PUT /RosterAPI/API/Deroster':
          return this.createBatch((body as { caqh_provider_id: string }[])[0]!.caqh_provider_id, method === 'PUT');
        case 'GET /RosterAPI/API/Roster':
          return this.answerResult(query.batch_id ?? '');
        case 'GET /credentialingapi/api/v8/entities': {
          const of = this.providers.find((one) => one.caqhId === query.caqhProviderId);
          return { status: of ? (of.profile ?? 200) : 292, body: '<ProviderData/>' };
        }
        default:
          return { status: 404, body: { Message: 'No HTTP resource was found.' } };
      }
    });
  }

  private answerStatus(organization: string | undefined, isSought: (one: StandInProvider) => boolean) {
    if (organization !== this.account.organizationId) return { status: 400, body: { Message: 'Organization_Id' } };
    const found = this.providers.find(isSought);
    return {
      body: {
        organization_id: Number(this.account.organizationId),
        caqh_provider_id: found ? Number(found.caqhId) : null,
        roster_status: found ? (found.rosterStatus ?? 'ACTIVE') : 'NOT ON ROSTER',
        authorization_flag: found?.authorizationFlag ?? (found ? 'Y' : 'N'),
        provider_status: found?.providerStatus ?? '',
        provider_status_date: found?.statusDate ?? '',
        provider_practice_state: '',
        provider_found_flag: found ? 'Y' : 'N',
      },
    };
  }

  private createBatch(caqhId: string, removes: boolean) {
    const batch_id = randomUUID();
    this.batches.set(batch_id, { caqhId, removes, asked: 0 });
    return { body: { batch_id } };
  }

  private answerResult(id: string) {
    const batch = this.batches.get(id);
    if (!batch) return { status: 400, body: { Message: 'Unknown batch' } };
    batch.asked += 1;
    if (batch.asked <= this.pending) return { body: { batch_status: 'Pending', roster_result: null } };
    const provider = this.providers.find((one) => one.caqhId === batch.caqhId);
    const exception_description = provider ? (provider.exception ?? '') : 'Provider not found';
    if (provider && !exception_description) provider.rosterStatus = batch.removes ? 'NOT ON ROSTER' : 'ACTIVE';
    return { body: { batch_status: 'Complete', roster_result: [{ exception_description }] } };
  }
}
