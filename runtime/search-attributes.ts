import type { Connection } from '@temporalio/client';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../domain/kernel/search-attributes';
import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes';

const defineKeyword = (name: keyof typeof SEARCH_ATTRIBUTES) =>
  defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);
export const applicationIdAttribute = defineKeyword('CountersignApplicationId');
export const clientIdAttribute = defineKeyword('CountersignClientId');
export const payerIdAttribute = defineKeyword('CountersignPayerId');
export const personIdAttribute = defineKeyword('CountersignPersonId');
export const subjectIdAttribute = defineKeyword('CountersignSubjectId');

/**
 * Adds the search attributes that the namespace lacks. If that is refused, as on Temporal Cloud, answers the command by
 * which a person adds them; otherwise undefined.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string | undefined> {
  let missing = Object.entries(SEARCH_ATTRIBUTES);
  try {
    // the time-skipping server cannot list them
    const list = connection.operatorService.listSearchAttributes({ namespace }).catch(() => null);
    const customAttributes = (await list)?.customAttributes;
    missing = missing.filter(([name]) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) {
      const searchAttributes = Object.fromEntries(
        missing.map(([name, type]) => [name, encodeSearchAttributeIndexedValueType(type)!]),
      );
      await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
    }
    return undefined;
  } catch {
    return isCloud(connection)
      ? `tcld namespace search-attributes add --namespace ${namespace}${missing.map(([name, type]) => ` --sa ${name}=${nameType(type)}`).join('')}`
      : `temporal operator search-attribute create --namespace ${namespace}${missing.map(([name, type]) => ` --name ${name} --type ${nameType(type)}`).join('')}`;
  }
}

const isCloud = ({ options }: Connection) => /\.(tmprl\.cloud|api\.temporal\.io)(:\d+)?$/.test(options.address);

/** Names a type as Temporal's tools call it: `Keyword`. */
export const nameType = (type: string): string => `${type[0]!}${type.slice(1).toLowerCase()}`;
