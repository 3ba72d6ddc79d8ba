import { StandIn } from './server';

export interface StandInRecord {
  /** An integer if the version that is stood in for has it so. */
  number: string | number;
  firstName: string;
  lastName: string;
  taxonomyCode?: string;
  /** `A` if it is left out; `D` deactivated. */
  status?: string;
  /** `NPI-1` if it is left out. */
  enumerationType?: 'NPI-1' | 'NPI-2';
  licence?: { state: string; license: string };
  address?: { address_1: string; city: string; state: string; postal_code: string };
}

/** Speaks the API of NPPES, version 2.1 (domain.md, 2), for tests and `npm start`. */
export class StandInNppes extends StandIn {
  readonly records: StandInRecord[] = [];

  constructor() {
    super(({ query }) => {
      if (query.version !== '2.1' || !/^\d{10}$/.test(query.number ?? ''))
        return { body: { Errors: [{ description: 'No valid search criteria', field: 'number', number: '04' }] } };
      const found = this.records.find((one) => String(one.number) === query.number);
      return { body: { result_count: found ? 1 : 0, results: found ? [buildResult(found)] : [] } };
    });
  }
}

const buildResult = ({
  number,
  firstName,
  lastName,
  taxonomyCode,
  status = 'A',
  enumerationType = 'NPI-1',
  licence,
  address,
}: StandInRecord) => ({
  number,
  enumeration_type: enumerationType,
  basic:
    enumerationType === 'NPI-2'
      ? { organization_name: lastName, organizational_subpart: 'NO', status }
      : { first_name: firstName, last_name: lastName, credential: 'LMFT', sole_proprietor: 'YES', status },
  addresses: address ? [{ address_purpose: 'MAILING' }, { address_purpose: 'LOCATION', ...address }] : [],
  taxonomies: taxonomyCode ? [{ code: taxonomyCode, desc: '', primary: true, ...licence }] : [],
  identifiers: [],
  other_names: [],
  endpoints: [],
});
