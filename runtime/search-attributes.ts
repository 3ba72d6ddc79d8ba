import type { Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';

/** What operators find a workflow by: whom it concerns, as opaque ids. */
export const applicationIdAttribute = defineSearchAttributeKey('CountersignApplicationId', SearchAttributeType.KEYWORD);
export const clientIdAttribute = defineSearchAttributeKey('CountersignClientId', SearchAttributeType.KEYWORD);
export const payerIdAttribute = defineSearchAttributeKey('CountersignPayerId', SearchAttributeType.KEYWORD);
export const personIdAttribute = defineSearchAttributeKey('CountersignPersonId', SearchAttributeType.KEYWORD);

/** All of them, by name: Keywords each. */
export const SEARCH_ATTRIBUTES = [applicationIdAttribute, clientIdAttribute, payerIdAttribute, personIdAttribute].map(
  (key) => key.name,
);

/**
 * Adds the search attributes that the namespace lacks. Where that is refused, as on Temporal Cloud, answers the command by which
 * a person adds them; otherwise undefined.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string | undefined> {
  let missing = SEARCH_ATTRIBUTES;
  try {
    // the time-skipping server cannot list them
    const list = connection.operatorService.listSearchAttributes({ namespace }).catch(() => null);
    const customAttributes = (await list)?.customAttributes;
    missing = missing.filter((name) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) {
      const keyword = encodeSearchAttributeIndexedValueType('KEYWORD')!;
      const searchAttributes = Object.fromEntries(missing.map((name) => [name, keyword]));
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    return undefined;
  } catch {
    return isCloud(connection)
      ? `tcld namespace search-attributes add --namespace ${namespace}${missing.map((name) => ` --sa ${name}=Keyword`).join('')}`
      : `temporal operator search-attribute create --namespace ${namespace}${missing.map((name) => ` --name ${name} --type Keyword`).join('')}`;
  }
}

const isCloud = ({ options }: Connection) => /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(options.address);
