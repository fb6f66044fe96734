import type { Wrong } from './wrong-lifecycle.ts'

const wrong = (domain: unknown, message: RegExp, status = 400): Wrong => ({
  body: { domain, port: 80 },
  status,
  message,
})
const none = /must be a name such as/
const noSandbox: Wrong = { params: { sandboxIdOrName: 'no-such' }, status: 404, message: /no-such not found$/ }
const noDomain: Wrong = {
  params: { domain: 'none.example.com' },
  status: 404,
  message: /^Domain none.example.com not found$/,
}

/** What can be wrong with each call on domains and previews in particular. */
export const wrongDomains: Record<string, readonly Wrong[]> = {
  hasSandboxAccess: [{ params: { sandboxId: 'no-such' }, status: 404, message: /no-such not found$/ }],
  listDomains: [],
  listSandboxDomains: [noSandbox],
  attachDomain: [
    { ...noSandbox, body: { domain: 'app.example.com', port: 80 } },
    { body: {}, status: 400, message: /domain/ },
    ...[0, 65_536, 1.5, '80', null].map((port) => ({
      body: { domain: 'app.example.com', port },
      status: 400,
      message: /port/,
    })),
    ...['', '.', 'com', '192.0.2.1', '[::1]', '2001:db8::1', 'a_b.example.com', '-a.example.com', 'a..example.com'].map(
      (domain) => wrong(domain, none),
    ),
    ...['https://app.example.com', 'app.example.com:443', 'app.example.com/x', '*.example.com', 'a b.example.com'].map(
      (domain) => wrong(domain, none),
    ),
    wrong('0x7f.1', /cannot end in 1/),
    ...['a.example.com\0', `${'a'.repeat(64)}.example.com`].map((domain) => wrong(domain, none)),
    wrong('x'.repeat(300), /at most/),
    wrong(`${'a.'.repeat(119)}example.com`, /at most/),
    ...['app.localhost', 'box.local', '1.2.0.192.in-addr.arpa', 'x.onion', 'a.example'].map((domain) =>
      wrong(domain, /nobody can prove/),
    ),
    wrong(7, /domain/),
    ...['preview.example.com', 'x.preview.example.com', 'X.Y.Preview.Example.Com.'].map((domain) =>
      wrong(domain, /platform's own/, 403),
    ),
  ],
  checkDomain: [noSandbox, noDomain],
  detachDomain: [noSandbox, noDomain],
}
