import { compareBusinessNames } from '../../../domain/kernel/business-names';
import { STARTER_SET } from '../../../domain/registry/starter-set';

test('no two payers of the starter set go by one name', () => {
  const named = STARTER_SET.flatMap(({ name, aliases }) => [name, ...aliases].map((alias) => ({ name, alias })));
  const shared = named.flatMap((one) =>
    named
      .filter((other) => other.name > one.name && compareBusinessNames(one.alias, other.alias) !== 'differs')
      .map((other) => [one.name, other.name, one.alias]),
  );
  expect(shared).toEqual([]);
});
