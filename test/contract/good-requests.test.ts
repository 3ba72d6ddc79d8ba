import { findParamSchema } from '../../api/kernel/route';
import { GOOD_REQUESTS, makeGoodRequest, nameRoute } from '../support/good-requests';
import { ID_FIELDS, ID_ROOMS } from '../support/odd-requests';
import { readRoutes } from '../support/routes';

const { routes, close } = readRoutes();
afterAll(close);

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
const IDS = {
  rooms: Object.fromEntries(ID_ROOMS.map((room, n) => [room, [id(n), id(100 + n)]])),
  fields: Object.fromEntries(
    ID_FIELDS.map((name, n) => [name, [0, 1, 2, 3, 4, 5].map((more) => id(200 + 10 * n + more))]),
  ),
};
const tried = routes.filter(({ access }) => access !== 'public');

test('every route that changes something has a good request, and no other has one', () => {
  const changing = tried.filter(({ method }) => method !== 'get').map(nameRoute);
  expect(changing.filter((name) => !(name in GOOD_REQUESTS))).toEqual([]);
  expect(Object.keys(GOOD_REQUESTS).filter((name) => !routes.map(nameRoute).includes(name))).toEqual([]);
});

test('a good request is of the form that its route takes', () => {
  const refused = tried.flatMap((route) => {
    const { path, query, body } = makeGoodRequest(route, IDS);
    const names = route.path.split('/').map((part) => /^\{(\w+)\}$/.exec(part)?.[1]);
    const at = path
      .split('/')
      .filter((word, n) => names[n] && !findParamSchema(route, names[n]).safeParse(word).success);
    const errors = [
      ...at.map((word) => `path: ${word}`),
      ...(route.query?.safeParse(query).error?.issues.map(({ path: of, message }) => `?${of.join('.')}: ${message}`) ??
        []),
      ...(route.body?.safeParse(body).error?.issues.map(({ path: of, message }) => `${of.join('.')}: ${message}`) ??
        []),
      ...(route.file && typeof body !== 'string' ? ['no file'] : []),
      ...(!route.body && !route.file && body !== undefined ? ['takes no body'] : []),
    ];
    return errors.length > 0 ? [`${nameRoute(route)} ${errors.join('; ')}`] : [];
  });
  expect(refused).toEqual([]);
});
