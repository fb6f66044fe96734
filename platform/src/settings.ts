import { availableParallelism, totalmem } from 'node:os'
import * as read from './setting-types.ts'

/**
 * Every setting: flag `--<name>`, environment variable `SANDYARD_<NAME>`, default, one line of documentation.
 * `docs/reference/config.md`, `--help` and the type `Config` come from this table.
 */
export const settings = {
  host: setting({
    type: 'address',
    read: read.text,
    fallback: '127.0.0.1',
    doc: 'Address that HTTP listens on. The default lets in only this machine; 0.0.0.0 lets in the network, and every call still needs the key.',
  }),
  port: setting({
    type: 'port',
    read: read.port,
    fallback: 3000,
    doc: 'Port of the API, the toolbox and the previews. 0 takes a free one.',
  }),
  'ssh-port': setting({
    type: 'port or off',
    read: read.portOrOff,
    fallback: 2222,
    doc: 'Port of SSH, at the address `host`. 0 takes a free one, `off` switches it off.',
  }),
  data: setting({
    type: 'folder',
    read: read.folder,
    fallback: '/var/lib/sandyard',
    doc: 'Folder of everything the platform keeps: sandboxes, database, key, log. One platform per folder.',
  }),
  base: setting({
    type: 'folder',
    read: read.folder,
    fallback: null,
    shown: '`<data>/base`',
    doc: 'Folder of the agent runtime and the default snapshot. Several platforms may share one.',
  }),
  'api-key': setting({
    type: 'key',
    read: read.apiKey,
    fallback: null,
    shown: 'made once, kept in `<data>/api-key`',
    secret: true,
    doc: 'Key of the administrator: 16 to 256 letters, digits, `_` and `-`.',
  }),
  'preview-domain': setting({
    type: 'list of domains',
    read: read.domains,
    fallback: ['localhost'],
    doc: 'Domains under which `{port}-{sandbox}.<domain>` is a preview; the first one is used in links.',
  }),
  'preview-ip-domain': setting({
    type: 'domain or off',
    read: read.domainOrOff,
    fallback: 'sslip.io',
    doc: 'Domain whose names lead to the IPv4 address in them. Who reaches the platform by such an address gets links like `{port}-{sandbox}.192.0.2.1.sslip.io`, unless `preview-domain` names a domain. `off`: no such links.',
  }),
  'preview-cors': setting({
    type: read.corsModes.join(', '),
    read: read.corsMode,
    fallback: 'off',
    doc: 'Scripts of which other origins may read previews, with cookies. `off` leaves that to the programs inside, `same-site` adds other ports of the same sandbox, `any` is everybody.',
  }),
  'preview-warning': setting({
    type: 'true or false',
    read: read.truth,
    fallback: false,
    doc: 'Browsers see once a day that a preview is not part of the platform. Programs skip it with `X-Daytona-Skip-Preview-Warning: true`.',
  }),
  'preview-sign-in': setting({
    type: 'true or false',
    read: read.truth,
    fallback: true,
    doc: 'Browsers that may not see a private preview are sent to the platform to sign in there, and come back. Programs are told 401.',
  }),
  'public-url': setting({
    type: 'URL',
    read: read.url,
    fallback: null,
    shown: '`http://<host>:<port>`',
    doc: 'How clients reach this platform, when a proxy or another name stands before it.',
  }),
  'tls-cert': setting({
    type: 'list of files',
    read: read.files,
    fallback: [],
    doc: 'PEM files of certificates, each with the chain behind it: `port` speaks TLS then. Each is used for the names in it, the first one for all others. New files are noticed. Plain HTTP is left to this machine and to `trusted-proxies`.',
  }),
  'tls-key': setting({
    type: 'list of files',
    read: read.files,
    fallback: [],
    doc: 'PEM files of the keys of these certificates, in the same order.',
  }),
  'default-cpu': setting({
    type: 'cores',
    read: read.whole,
    fallback: 1,
    doc: 'Cores of a sandbox that asks for none.',
  }),
  'default-memory': setting({
    type: 'GiB',
    read: read.whole,
    fallback: 1,
    doc: 'Memory of a sandbox that asks for none.',
  }),
  'default-disk': setting({
    type: 'GiB',
    read: read.whole,
    fallback: 3,
    doc: 'Disk of a sandbox that asks for none.',
  }),
  'max-cpu': setting({
    type: 'cores',
    read: read.whole,
    fallback: availableParallelism(),
    shown: 'the cores of the machine',
    doc: 'Most cores that one sandbox may ask for.',
  }),
  'max-memory': setting({
    type: 'GiB',
    read: read.whole,
    fallback: Math.max(1, Math.floor(totalmem() / 2 ** 30)),
    shown: 'the memory of the machine',
    doc: 'Most memory that one sandbox may ask for.',
  }),
  'max-disk': setting({
    type: 'GiB',
    read: read.whole,
    fallback: 20,
    doc: 'Largest disk that one sandbox may ask for.',
  }),
  'max-persistent-disk': setting({
    type: 'GiB',
    read: read.wholeOrNone,
    fallback: null,
    shown: '`max-disk`',
    doc: 'Largest disk of a sandbox that outlives its stop. 0: only ephemeral sandboxes.',
  }),
  'quota-cpu': setting({
    type: 'cores',
    read: read.whole,
    fallback: null,
    shown: 'no limit',
    doc: 'Cores of all sandboxes of one organization that are up. An administrator can set other limits for an organization.',
  }),
  'quota-memory': setting({
    type: 'GiB',
    read: read.whole,
    fallback: null,
    shown: 'no limit',
    doc: 'Memory of all sandboxes of one organization that are up or paused.',
  }),
  'quota-disk': setting({
    type: 'GiB',
    read: read.whole,
    fallback: null,
    shown: 'no limit',
    doc: 'Disks of all sandboxes of one organization. Archived ones do not count.',
  }),
  'quota-snapshots': setting({
    type: 'number',
    read: read.whole,
    fallback: 100,
    doc: 'Snapshots of one organization. Inactive ones do not count.',
  }),
  'max-snapshot-size': setting({
    type: 'GiB',
    read: read.whole,
    fallback: null,
    shown: 'no limit',
    doc: 'Largest snapshot that an organization may make.',
  }),
  'quota-volumes': setting({
    type: 'number',
    read: read.whole,
    fallback: 100,
    doc: 'Volumes of one organization.',
  }),
  'quota-secrets': setting({
    type: 'number',
    read: read.whole,
    fallback: 100,
    doc: 'Secrets of one organization.',
  }),
  'rate-limit-anonymous': rateLimit('Calls without credentials from one address'),
  'rate-limit-failed-auth': rateLimit(
    'Failed sign-ins from one address; then every call that needs credentials is refused there',
  ),
  'rate-limit-authenticated': rateLimit('Calls of one organization, creates and forks not counted'),
  'rate-limit-sandbox-create': rateLimit('Creates and forks of one organization'),
  'rate-limit-sandbox-lifecycle': rateLimit(
    'Starts, stops, pauses, resizes, recoveries, archives and deletes of one organization',
  ),
  'rate-limit-sandbox-list': rateLimit('Listings of sandboxes of one organization'),
  'trusted-proxies': setting({
    type: 'list of CIDRs',
    read: read.networks,
    fallback: ['127.0.0.0/8', '::1'],
    doc: 'Proxies before this platform. What they say in `X-Forwarded-For`, `X-Forwarded-Proto` and `X-Forwarded-Host` of the caller is taken, and passed on to previews. Let them pass `Host` on.',
  }),
  'audit-days': setting({
    type: 'days',
    read: read.whole,
    fallback: 90,
    doc: 'How long entries of the audit log are kept.',
  }),
  'usage-days': setting({
    type: 'days',
    read: read.whole,
    fallback: 90,
    doc: 'How long it is kept what sandboxes took, after they took it.',
  }),
  'volume-size': setting({
    type: 'GiB',
    read: read.whole,
    fallback: 10,
    doc: 'Most that one volume holds. It takes what is used, of the same place as the disks.',
  }),
  'disk-pool': setting({
    type: 'GiB',
    read: read.whole,
    fallback: null,
    shown: '80 % of the free space of `<data>`, when it is first made',
    doc: 'Size of the file that holds the disks of all sandboxes. It is sparse: it takes what is used. Read when it is first made.',
  }),
  network: setting({
    type: 'CIDR',
    read: read.cidr,
    fallback: '198.18.0.0/15',
    doc: 'IPv4 range for sandboxes; nothing else on the machine or its network may use it. Platforms share a range, each takes free parts of it.',
  }),
  'network-allow': setting({
    type: 'list of CIDRs',
    read: read.cidrs,
    fallback: [],
    doc: 'Private ranges that sandboxes may reach all the same, such as a company proxy.',
  }),
  'dns-servers': setting({
    type: 'list of addresses',
    read: read.addresses,
    fallback: [],
    shown: 'those of `/etc/resolv.conf`',
    doc: 'IP addresses of the name servers that answer for sandboxes, the first one first.',
  }),
  'insecure-registries': setting({
    type: 'list of registries',
    read: read.registries,
    fallback: [],
    doc: 'Registries, `host[:port]`, that images are pulled from although they are private, speak plain HTTP or have a certificate that nobody knows.',
  }),
  'http-proxy': setting({
    type: 'URL',
    read: read.url,
    fallback: null,
    doc: '`HTTP_PROXY` inside sandboxes. Add its address to `network-allow` when it is private.',
  }),
  'https-proxy': setting({ type: 'URL', read: read.url, fallback: null, doc: '`HTTPS_PROXY` inside sandboxes.' }),
  'no-proxy': setting({ type: 'text', read: read.text, fallback: null, doc: '`NO_PROXY` inside sandboxes.' }),
  'ca-file': setting({
    type: 'file',
    read: read.folder,
    fallback: null,
    doc: 'PEM file of certificate authorities to be trusted inside sandboxes beside the usual ones.',
  }),
  'debian-mirror': setting({
    type: 'URL',
    read: read.url,
    fallback: null,
    shown: "this machine's own on Debian, else the public one",
    doc: 'Debian mirror that the default snapshot is made from. Security updates come from `<mirror>-security`.',
  }),
  'webhook-allow': setting({
    type: 'list of CIDRs',
    read: read.networks,
    fallback: [],
    doc: 'Private addresses and ranges that webhooks may be sent to all the same.',
  }),
  'metrics-token': setting({
    type: 'key',
    read: read.apiKey,
    fallback: null,
    shown: 'only administrators read `/metrics`',
    secret: true,
    doc: 'Bearer token that may read `/metrics`, for Prometheus: 16 to 256 letters, digits, `_` and `-`.',
  }),
  'oidc-issuer': setting({
    type: 'URL',
    read: read.url,
    fallback: null,
    doc: 'OIDC issuer whose users may sign in and whose access tokens are taken. Needs `oidc-client-id`.',
  }),
  'oidc-client-id': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    doc: 'Client id of this platform at the issuer. Its redirect URI is `<public-url>/api/auth/oidc/callback`.',
  }),
  'oidc-client-secret': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    secret: true,
    doc: 'Client secret at the issuer; without one the client is public and PKCE alone protects it.',
  }),
  'oidc-audience': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    shown: 'the client id',
    doc: 'Audience that access tokens of the issuer must be for.',
  }),
  'oidc-sign-up': setting({
    type: 'true or false',
    read: read.truth,
    fallback: true,
    doc: 'Whoever the issuer knows becomes a user at first sight. Without it an administrator makes each user.',
  }),
  'metrics-public': setting({
    type: 'true or false',
    read: read.truth,
    fallback: false,
    doc: 'Lets everybody read `/metrics`. It tells numbers and names of calls, no names of sandboxes or organizations.',
  }),
  'sample-interval': setting({
    type: 'seconds',
    read: read.whole,
    fallback: 15,
    doc: 'Time between two samples of what running sandboxes use. The last 5760 of each are kept: a day by default.',
  }),
  'archive-store': setting({
    type: 's3://bucket/prefix',
    read: read.bucket,
    fallback: null,
    shown: '`<data>/archives`',
    doc: 'Bucket that keeps the disks of archived sandboxes. What is archived stays where it is, so set it back to restore what was archived elsewhere.',
  }),
  'archive-endpoint': setting({
    type: 'URL',
    read: read.url,
    fallback: null,
    shown: '`https://s3.<archive-region>.amazonaws.com`',
    doc: 'Service that has the bucket; the bucket is the first part of the path.',
  }),
  'archive-region': setting({ type: 'text', read: read.text, fallback: 'us-east-1', doc: 'Region of the bucket.' }),
  'archive-access-key': setting({ type: 'text', read: read.text, fallback: null, doc: 'Access key for the bucket.' }),
  'archive-secret-key': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    secret: true,
    doc: 'Secret key for the bucket. It may read, write, list and delete below the prefix.',
  }),
  'log-level': setting({
    type: read.logLevels.join(', '),
    read: read.logLevel,
    fallback: 'info',
    doc: 'Least weight of what goes to `<data>/sandyard.log`.',
  }),
} as const

/** A row of the table. */
export interface Setting<T, F> {
  /** for people */
  readonly type: string
  /** parses the text of a flag or variable; throws an `Error` whose message completes "--name …" */
  readonly read: (text: string) => T
  readonly fallback: F
  /** the default for people, when `fallback` does not tell */
  readonly shown?: string
  readonly secret?: boolean
  readonly doc: string
}

/** Name of a setting. */
export type SettingName = keyof typeof settings

function setting<T, const F extends T | null>(row: Setting<T, F>): Setting<T, F> {
  return row
}

function rateLimit(what: string) {
  return setting({
    type: 'calls/seconds',
    read: read.rateLimit,
    fallback: null,
    shown: 'off',
    doc: `${what}: at most so many in so many seconds, such as \`600/60\`. More are answered 429.`,
  })
}
