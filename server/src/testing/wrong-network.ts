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

/** What can be wrong with the network of a new sandbox. */
export const wrongNetworks = [
  ...wrongDomainLists.map(([domainAllowList, message]) => ({ body: { domainAllowList }, status: 400, message })),
  ...wrongLinks.map(([body, status, message]) => ({ body, status, message })),
]
