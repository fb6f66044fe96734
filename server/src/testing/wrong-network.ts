import { limits } from '@sandyard/protocol'

/** Lists of names that are none, and what the refusal says. */
export const wrongDomainLists: readonly (readonly [list: unknown, message: RegExp])[] = [
  [Array(11).fill('example.com').join(), /^domainAllowList must have at most 10 domains$/],
  ['x'.repeat(limits.domainListLength + 1), /domainAllowList/],
  [['example.com'], /domainAllowList/],
  [7, /domainAllowList/],
  ...[
    '*',
    '*.',
    '.',
    '.example.com',
    'a..b',
    'a.*.b',
    'ex*mple.com',
    '*.*.example.com',
    'https://example.com',
    'example.com/path',
    'example.com:443',
    'user@example.com',
    '192.0.2.1',
    '0x7f.1',
    '[::1]',
    '-a.example',
    'a-.example',
    'a b.example',
    'a.example\u0000',
    'a.example\nb.example',
    '%61.example',
    `${'a'.repeat(64)}.example`,
    `${'abc.'.repeat(70)}example`,
    '{ accept }',
    '"',
  ].map((list) => [list, /is not a domain such as/] as const),
]

const wrongLinks: readonly (readonly [body: object, status: number, message: RegExp])[] = [
  [{ linkedSandbox: 7 }, 400, /linkedSandbox/],
  [{ linkedSandbox: 'x'.repeat(limits.nameLength + 1) }, 400, /linkedSandbox/],
  [{ linkedSandbox: 'other' }, 400, /^A linked sandbox must be ephemeral/],
  [{ linkedSandbox: 'other', autoDeleteInterval: 5 }, 400, /^A linked sandbox must be ephemeral/],
  [{ linkedSandbox: 'other', autoDeleteInterval: 0 }, 404, /^Sandbox with ID or name other not found$/],
]

/** Lists of what is denied that are none, and what the refusal says. */
export const wrongDenials: readonly (readonly [body: object, message: RegExp])[] = [
  [{ networkDenyList: Array(51).fill('1.2.3.4/32').join() }, /^networkDenyList must have at most 50 networks$/],
  [{ networkDenyList: `192.0.2.0/24${' '.repeat(limits.networkDenyListLength)}` }, /networkDenyList/],
  ...['192.0.2.1', '192.0.2.0/33', '2001:db8::/32', '::/0', '1.2.3.4/8 accept', 'example.com', '{'].map(
    (list) => [{ networkDenyList: list }, /^networkDenyList: .* is not an IPv4 CIDR/] as const,
  ),
  [{ networkDenyList: ['192.0.2.0/24'] }, /networkDenyList/],
  [{ domainDenyList: Array(51).fill('a.example').join() }, /^domainDenyList must have at most 50 domains$/],
  [{ domainDenyList: 'x'.repeat(limits.domainDenyListLength + 1) }, /domainDenyList/],
  [{ domainDenyList: 7 }, /domainDenyList/],
  ...['*', '*.*.example.com', 'https://example.com', '192.0.2.1', 'a..b', 'a.example\nb.example'].map(
    (list) => [{ domainDenyList: list }, /^domainDenyList: .* is not a domain such as/s] as const,
  ),
]

/** What can be wrong with the network of a new sandbox. */
export const wrongNetworks = [
  ...wrongDenials.map(([body, message]) => ({ body, status: 400, message })),
  ...wrongDomainLists.map(([domainAllowList, message]) => ({ body: { domainAllowList }, status: 400, message })),
  ...wrongLinks.map(([body, status, message]) => ({ body, status, message })),
]
