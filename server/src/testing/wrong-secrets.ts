import { limits } from '@sandyard/protocol'
import type { TestServer } from './test-server.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const good = { name: 'mine', value: 'v', hosts: ['api.example.com'] }

/** Bodies that are right, for wrongs of another kind. */
export const goodSecretBodies: Record<string, object> = {
  createSecret: good,
  updateSecret: {},
  updateSandboxSecrets: { secrets: [] },
}

const noHosts = /^hosts: name the hosts that may get this secret/
const noName = /^hosts: '.*' is not the name of a host; it must be such as api\.example\.com/s
const tooWide = /^hosts: '.*' is too wide/

const wrongHosts: readonly (readonly [hosts: unknown, message: RegExp])[] = [
  [[], noHosts],
  [null, noHosts],
  ['api.example.com', /hosts/],
  [[7], /hosts/],
  [Array(limits.secretHosts + 1).fill('a.example'), /hosts/],
  [['x'.repeat(1000)], /hosts/],
  ...['*', '*.', '*.com', '*.dev', '*.co.uk', '*.com.au', '*.github.io', '*.NGROK.io', '*.Vercel.app.'].map(
    (host) => [[host], host === '*.' ? noName : tooWide] as const,
  ),
  ...[
    '',
    'localhost',
    'com',
    '192.0.2.1',
    '0x7f.1',
    '2130706433',
    '[::1]',
    '2001:db8::1',
    'api.example.com:443',
    'https://api.example.com',
    'api.example.com/path',
    'user@api.example.com',
    '*.*.example.com',
    'a.*.example.com',
    'api*.example.com',
    '.example.com',
    'a..example.com',
    '-a.example',
    'a b.example',
    'a.example\r\nb.example',
    'a.example\u0000',
    '%61.example',
    'a.example,b.example',
  ].map((host) => [['good.example.com', host], noName] as const),
]

const wrongValues = [
  '',
  7,
  null,
  'a\nb',
  'a\r\nx: y',
  'a\0b',
  'tab\t',
  ' a',
  'a ',
  'ü',
  'x'.repeat(limits.secretValueLength + 1),
]

const taken = ({ call }: TestServer) => call('POST /secret', { body: good })

const unknown: Wrong = { params: { secretId: 'nobody' }, status: 404, message: /^Secret nobody not found$/ }

const body = (wrong: object, message: RegExp, status = 400): Wrong => ({ body: wrong, status, message })

const tooMany = Array.from({ length: limits.secretsOfSandbox + 1 }, (_, index) => ({ [`A${index}`]: 'mine' }))

/** What can be wrong with the secrets that a sandbox is to have. */
const wrongMounts: readonly (readonly [secrets: unknown, message: RegExp])[] = [
  ['mine', /secrets/],
  [{ A: 'mine' }, /secrets/],
  [['mine'], /secrets/],
  [[{ A: 7 }], /secrets/],
  [[{ A: 'x'.repeat(limits.nameLength + 1) }], /secrets/],
  [tooMany, /secrets/],
  [[Object.assign({}, ...tooMany)], /^secrets: a sandbox has at most 50$/],
  [[{ A: 'mine' }, { A: 'mine' }], /^secrets: A is asked for twice$/],
  [[{ '1A': 'mine' }], /^secrets: invalid environment variable name: '1A'$/],
  [[{ 'A B': 'mine' }], /^secrets: invalid environment variable name/],
  [[{ 'A=B': 'mine' }], /^secrets: invalid environment variable name/],
  [[{ '': 'mine' }], /^secrets: invalid environment variable name/],
  ...[
    'PATH',
    'HOME',
    'LD_PRELOAD',
    'NODE_OPTIONS',
    'SSL_CERT_FILE',
    'DENO_CERT',
    'DAYTONA_SANDBOX_ID',
    'SANDYARD_X',
    'https_proxy',
  ].map((env) => [[{ [env]: 'mine' }], /^secrets: \w+ is a variable of the platform$/] as const),
  // What was given may be the value itself: it is not said again.
  [[{ A: 'mine', TOKEN: 'sk-oops' }], /^secrets: the organization has no secret of the name that is given for TOKEN$/],
  [[{ A: 'Mine' }], /for A$/],
]

/** What can be wrong with the secrets of a new sandbox. */
export const wrongMountedSecrets: readonly Wrong[] = [
  ...wrongMounts.map(([secrets, message]) => ({ ...body({ secrets }, message), prepare: taken })),
  {
    ...body({ env: { A: '1' }, secrets: [{ A: 'mine' }] }, /^secrets: A is in the environment of the sandbox already$/),
    prepare: taken,
  },
]

/** What can be wrong with the calls on secrets. */
export const wrongSecrets: Record<string, readonly Wrong[]> = {
  createSecret: [
    ...wrongHosts.map(([hosts, message]) => body({ ...good, hosts }, message)),
    body({ name: 'mine', value: 'v' }, noHosts),
    ...wrongValues.map((value) => body({ ...good, value }, /^value: (?!.*x: y)/s)),
    body({ name: 'mine', hosts: good.hosts }, /value/),
    ...['', 'a b', 'a.b', 'ü', 'x'.repeat(limits.nameLength + 1), 7].map((name) => body({ ...good, name }, /^name/)),
    body({ ...good, description: 'x'.repeat(limits.descriptionLength + 1) }, /description/),
    { ...body(good, /^Secret with name mine already exists$/, 409), prepare: taken },
  ],
  listSecrets: [],
  listSecretsPaginated: [
    { query: '?limit=0', status: 400, message: /limit/ },
    { query: '?limit=201', status: 400, message: /limit/ },
    { query: '?sort=value', status: 400, message: /sort/ },
    { query: '?order=up', status: 400, message: /order/ },
    { query: '?cursor=%00', status: 400, message: /^Invalid cursor$/ },
    { query: `?cursor=${btoa('{"sortValue":"x","id":"y"}')}`, status: 400, message: /^Invalid cursor$/ },
    { query: `?sort=name&cursor=${btoa('{"sortValue":1,"id":"y"}')}`, status: 400, message: /^Invalid cursor$/ },
    { query: `?name=${'x'.repeat(limits.nameLength + 1)}`, status: 400, message: /name/ },
  ],
  getSecret: [unknown],
  listSecretSandboxes: [unknown],
  updateSecret: [
    { ...unknown, body: {} },
    { ...unknown, body: { value: 'v' } },
    ...wrongHosts.map(([hosts, message]) => body({ hosts }, message)),
    ...wrongValues.filter((value) => value !== undefined).map((value) => body({ value }, /^value: /)),
    body({ description: 7 }, /description/),
  ],
  deleteSecret: [unknown],
  updateSandboxSecrets: [
    body({}, /secrets/),
    body({ secrets: null }, /secrets/),
    ...wrongMounts.map(([secrets, message]) => ({ ...body({ secrets }, message), prepare: taken })),
  ],
}
