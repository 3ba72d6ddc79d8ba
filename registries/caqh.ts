import { z } from 'zod';
import type { CaqhAnswer } from '../domain/sources/caqh';
import type { PlainDate } from '../domain/time/instants';
import { isGivenDate } from '../domain/time/dates';
import { flag, listOf, words } from './answers';
import { callService, parseJson, ServiceError, type Call } from './http';

export interface CaqhSettings {
  url: string;
  /** The participating organisation's. */
  organizationId: string;
  username: string;
  password: string;
  /** `PV` or `DA`. */
  product: string;
  timeoutMs?: number;
}

/** The result of a batch: null while CAQH works on it. */
export type BatchResult = { done: true } | { done: false; exception: string } | null;

/** Statuses of CAQH's own: not on the roster, or refused otherwise; not current and complete. */
const NOT_ON_ROSTER = 292;
const NOT_CURRENT = 294;

const TIMEOUT_MS = 15_000;

const statusAnswer = z.object({
  caqh_provider_id: words,
  roster_status: words,
  authorization_flag: flag,
  provider_status: words,
  provider_status_date: words,
  provider_found_flag: flag,
});
const batchAnswer = z.object({ batch_id: z.union([z.string().min(1), z.number()]).transform(String) });
const resultAnswer = z.object({
  batch_status: words,
  roster_result: listOf(z.object({ exception_description: words })),
});

/** CAQH's services for participating organisations (domain.md, 1.4): parameter names and dates differ by family. */
export class Caqh {
  constructor(private readonly settings: CaqhSettings) {}

  /**
   * Reads how the person of an NPI stands; that CAQH doesn't know them is an answer too. It does not ask by CAQH id:
   * one that a client has on file wrongly would answer about another person, for every client.
   */
  async readStatus(npi: string): Promise<CaqhAnswer> {
    const { product: Product, organizationId: Organization_Id } = this.settings;
    const asked = { Product, Organization_Id, NPI_Provider_Id: npi };
    const { status, body } = await this.get('/RosterAPI/api/providerstatusbynpi', asked);
    if (status === NOT_ON_ROSTER) return { ...NOTHING, found: true, rosterStatus: 'NOT ON ROSTER' };
    if (status === NOT_CURRENT) return { ...NOTHING, found: true, providerStatus: 'NOT CURRENT' };
    if (status === 404) return NOTHING;
    const answer = readAnswer(statusAnswer, status, body);
    return {
      caqhId: /^\d{1,8}$/.test(answer.caqh_provider_id) ? answer.caqh_provider_id.padStart(8, '0') : null,
      found: answer.provider_found_flag !== false,
      rosterStatus: answer.roster_status || null,
      authorised: answer.authorization_flag,
      providerStatus: answer.provider_status || null,
      statusOn: readCompactDate(answer.provider_status_date),
    };
  }

  /** Checks whether the profile of that attestation can be pulled; null if we may not ask. Its content is not read. */
  async checkReadable(
    caqhProviderId: string,
    attested: PlainDate,
  ): Promise<'readable' | 'not_on_roster' | 'not_current' | null> {
    const [year, month, day] = attested.split('-');
    const asked = {
      organizationId: this.settings.organizationId,
      caqhProviderId,
      attestationDate: `${month}/${day}/${year}`,
    };
    try {
      const { status } = await this.get('/credentialingapi/api/v8/entities', asked);
      return status === NOT_ON_ROSTER ? 'not_on_roster' : status === NOT_CURRENT ? 'not_current' : 'readable';
    } catch (error) {
      if (error instanceof ServiceError && error.kind === 'unauthorised') return null;
      throw error;
    }
  }

  /** Asks for a provider to be put on the roster; returns the batch in which CAQH does so, in its own time. */
  async addToRoster(caqhId: string, reference: string): Promise<string> {
    const { organizationId: organization_id, product } = this.settings;
    const body = [{ caqh_provider_id: caqhId, po_provider_id: reference, organization_id }];
    return this.sendBatch('POST', '/RosterAPI/API/Roster', product, body);
  }

  /** Asks for a provider to be taken off the roster; a batch too. */
  async removeFromRoster(caqhId: string): Promise<string> {
    const { organizationId: organization_id, product } = this.settings;
    return this.sendBatch('PUT', '/RosterAPI/API/Deroster', product, [{ caqh_provider_id: caqhId, organization_id }]);
  }

  async batchResult(batch_id: string): Promise<BatchResult> {
    const { status, body } = await this.get('/RosterAPI/API/Roster', { batch_id });
    const { batch_status, roster_result } = readAnswer(resultAnswer, status, body);
    if (!/^complete/i.test(batch_status)) return null;
    const exception = roster_result.map(({ exception_description }) => exception_description).find(Boolean);
    return exception ? { done: false, exception: exception.slice(0, 200) } : { done: true };
  }

  private async sendBatch(method: 'POST' | 'PUT', path: string, product: string, wish: unknown): Promise<string> {
    const { status, body } = await this.sendRequest(path, { product }, { method, body: wish });
    return readAnswer(batchAnswer, status, body).batch_id;
  }

  private readonly get = (path: string, query: Record<string, string>) => this.sendRequest(path, query);

  private sendRequest(path: string, query: Record<string, string>, how: Omit<Call, 'timeoutMs' | 'headers'> = {}) {
    const { url, username, password, timeoutMs = TIMEOUT_MS } = this.settings;
    const target = new URL(path, url);
    target.search = new URLSearchParams(query).toString();
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return callService(target, { ...how, headers: { authorization }, timeoutMs });
  }
}

const NOTHING: CaqhAnswer = {
  caqhId: null,
  found: false,
  rosterStatus: null,
  authorised: null,
  providerStatus: null,
  statusOn: null,
};

function readAnswer<T>(schema: z.ZodType<T>, status: number, body: Buffer): T {
  if (status !== 200) throw new ServiceError('nonsense', `answered ${status}`);
  const result = schema.safeParse(parseJson(body));
  if (!result.success) throw new ServiceError('nonsense', 'the answer has another form');
  return result.data;
}

/** Reads YYYYMMDD; null if the text is not a valid date. */
function readCompactDate(text: string): PlainDate | null {
  const date = text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3');
  return isGivenDate(date) ? date : null;
}
