import type { Letterhead } from '../domain/kernel/letterhead';
import type { PlainDate } from '../domain/time/instants';
import type { ReadinessReason, Stage } from '../domain/kernel/codes';
import { writeCsv } from './csv';
import { drawPdf, type Table } from './pdf-layout';
import { spellCode } from './words';

/** A cell of a client's coverage, as far as papers show it. */
export interface CoverageCell {
  providerId: string;
  providerName: string;
  payerId: string;
  payerName: string;
  state: string | null;
  practiceName: string | null;
  lineOfBusiness: string | null;
  through: 'platform' | 'direct' | 'none';
  platforms: readonly { platform: string }[];
  stage: Stage | null;
  billableFrom: PlainDate | null;
  mayRepresentInNetwork: boolean;
  reasons: readonly ReadinessReason[];
}

const COLUMNS = [
  'provider',
  'payer',
  'state',
  'practice',
  'line_of_business',
  'through',
  'platforms',
  'stage',
  'billable_from',
  'may_represent_in_network',
  'reasons',
] as const;

export const writeCoverageCsv = (cells: readonly CoverageCell[]): string =>
  writeCsv(
    COLUMNS,
    cells.map((cell) => [
      cell.providerName,
      cell.payerName,
      cell.state,
      cell.practiceName,
      cell.lineOfBusiness,
      cell.through,
      joinPlatforms(cell),
      cell.stage,
      cell.billableFrom,
      cell.mayRepresentInNetwork ? 'yes' : 'no',
      cell.reasons.join(' '),
    ]),
  );

const joinPlatforms = ({ platforms }: CoverageCell): string => platforms.map(({ platform }) => platform).join(', ');

const UNCONFIRMED = '_unconfirmed';

/** Explains the reasons in few words: the unconfirmed facts in one breath. */
export function explainReasons(reasons: readonly ReadinessReason[]): string {
  const facts = reasons.filter((reason) => reason.endsWith(UNCONFIRMED));
  const others = reasons.filter((reason) => !facts.includes(reason)).map(spellCode);
  const unconfirmed = facts.map((reason) => spellCode(reason.slice(0, -UNCONFIRMED.length))).join(', ');
  return [...others, ...(unconfirmed ? [`unconfirmed: ${unconfirmed}`] : [])].join('; ');
}

const PDF_COLUMNS = [
  { title: 'Payer', share: 18 },
  { title: 'State', share: 5 },
  { title: 'Practice', share: 15 },
  { title: 'Line', share: 10 },
  { title: 'Through', share: 11 },
  { title: 'Stage', share: 11 },
  { title: 'Billable directly from', share: 10 },
  { title: 'May say in network', share: 8 },
  { title: 'Why not', share: 22 },
];

/** The meaning of each reason for the client who reads the paper. */
const MEANINGS: Record<ReadinessReason, string> = {
  no_application: 'no application to this payer is on file.',
  platform_only: 'claims go through the platform; there is no direct contract yet.',
  not_approved: 'the payer has not approved the application yet.',
  contract_unconfirmed: 'the contract is not confirmed yet.',
  effective_date_unconfirmed: 'the first day in network is not confirmed yet.',
  before_effective_date: 'the first day in network is still ahead.',
  provider_id_unconfirmed: 'the payer’s ID for the provider is not confirmed yet.',
  claims_route_unconfirmed: 'the way in which claims reach the payer is not confirmed yet.',
  fact_disputed: 'two sources disagree, and the question is not settled yet.',
  scope_ambiguous: 'the answer depends on the line of business or the location.',
  licence_not_current: 'no current licence in this state is on file.',
  excluded: 'an exclusion list names the provider or the practice.',
  participation_ended: 'the participation has ended.',
};

const nameRoute = (cell: CoverageCell): string =>
  cell.through === 'direct' ? 'own contract' : cell.through === 'platform' ? joinPlatforms(cell) : 'nobody yet';

/** Draws the coverage of a client as a paper that can be sent: provider by provider. */
export function drawCoverage(
  client: { name: string },
  cells: readonly CoverageCell[],
  today: PlainDate,
  letterhead: Letterhead,
): Promise<Buffer> {
  const providers = new Map<string, CoverageCell[]>();
  for (const cell of cells) providers.set(cell.providerId, [...(providers.get(cell.providerId) ?? []), cell]);
  const tables: Table[] = [...providers.values()].map((own) => ({
    heading: own[0]!.providerName,
    columns: PDF_COLUMNS,
    rows: own.map((cell) => [
      cell.payerName,
      cell.state ?? '',
      cell.practiceName ?? '',
      spellCode(cell.lineOfBusiness),
      nameRoute(cell),
      spellCode(cell.stage),
      cell.billableFrom ?? '',
      cell.mayRepresentInNetwork ? 'yes' : 'no',
      explainReasons(cell.reasons),
    ]),
  }));
  return drawPdf(
    {
      title: `Payer coverage of ${client.name}`,
      about: [`As of ${today}. ${cells.length === 0 ? 'Nothing is on file yet.' : ''}`.trim()],
      tables,
      notes: [
        'Being in network through a platform is not the same as a contract of one’s own: “own contract” means that the ' +
          'contract, the effective date, the provider ID and the claims route are each confirmed with the payer.',
        ...[...new Set(cells.flatMap(({ reasons }) => reasons))].map(
          (reason) => `${spellCode(reason)}: ${MEANINGS[reason]}`,
        ),
      ],
    },
    letterhead,
  );
}
