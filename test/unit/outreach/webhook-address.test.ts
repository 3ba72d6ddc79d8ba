import fc from 'fast-check';
import { isPublicAddress, refuseWebhookUrl } from '../../../outreach/webhook-address';

const PRIVATE_V4 = ['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.1.1', '172.31.0.1', '100.64.0.1'];
const RESERVED_V4 = ['0.0.0.0', '224.0.0.1', '255.255.255.255', '192.88.99.1', '198.51.100.7'];
const PRIVATE_V6 = [
  '::',
  '::1',
  'fd00::1',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '100::1',
  '2001:db8::1',
  '3fff::1',
  '5f00::1',
];

/** The forms of IPv6 that lead to an IPv4 address. */
const FORMS = [
  (v4: string) => `::${v4}`,
  (v4: string) => `::ffff:${v4}`,
  (v4: string) => `::ffff:0:${v4}`,
  (v4: string) => `64:ff9b::${v4}`,
  (v4: string) => `64:ff9b:1::${v4}`,
  (v4: string) => `2002:${hex(v4)}::1`,
  (v4: string) => `2001:0:${hex(v4)}::1`,
];
const hex = (v4: string): string => {
  const [a, b, c, d] = v4.split('.').map((part) => Number(part).toString(16).padStart(2, '0'));
  return `${a}${b}:${c}${d}`;
};

test('private and reserved addresses are not public', () => {
  expect([...PRIVATE_V4, ...RESERVED_V4, ...PRIVATE_V6].filter(isPublicAddress)).toEqual([]);
});

test('no IPv6 address that leads to an IPv4 address is public, in whatever form', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...FORMS),
      fc.oneof(fc.ipV4(), fc.constantFrom(...PRIVATE_V4)),
      (form, v4) => !isPublicAddress(form(v4)),
    ),
  );
});

test('addresses of the public network are public', () => {
  const addresses = ['93.184.216.34', '8.8.8.8', '2606:2800:220:1::1', '2a00:1450:4001::1', '2001:4860:4860::8888'];
  expect(addresses.filter((address) => !isPublicAddress(address))).toEqual([]);
});

test.each([
  ['http://hooks.example.org/', 'https'],
  ['https://localhost/', 'public_address'],
  ['https://LOCALHOST./', 'public_address'],
  ['https://db.internal/', 'public_address'],
  ['https://printer.local/', 'public_address'],
  ['https://intranet/', 'public_address'],
  ['https://2130706433/', 'public_address'],
  ['https://0x7f.1/', 'public_address'],
  ['https://[::ffff:127.0.0.1]/', 'public_address'],
  ['https://[fec0::1]/', 'public_address'],
])('%s is refused by the rule %s', (url, rule) => {
  expect(refuseWebhookUrl(url)).toMatchObject({ rule });
});

test('an https URL of a public name or address is called', () => {
  for (const url of ['https://hooks.example.org/in', 'https://93.184.216.34/', 'https://[2606:2800:220:1::1]/'])
    expect(refuseWebhookUrl(url)).toBeNull();
});
