import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import { makeProject } from './git-hooks.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const bad = (changes: object, message: RegExp): Wrong => ({
  body: { repository: 'https://github.com/acme/shop', ...changes },
  status: 400,
  message,
})

/** What both calls that take settings refuse. */
const wrongSettings: readonly Wrong[] = [
  bad({ host: 'bitbucket' }, /host/),
  bad({ reporting: 'loud' }, /reporting/),
  bad({ forks: 'yes' }, /forks/),
  bad({ port: 0 }, /port/),
  bad({ port: 65_536 }, /port/),
  bad({ name: ' ' }, /name/),
  bad({ token: 'a\nb' }, /token/),
  bad({ token: 'x'.repeat(limits.gitTokenLength + 1) }, /token/),
  bad({ username: 'a\u0000b' }, /username/),
  bad({ env: { '1A': 'x' } }, /env/),
  bad({ build: 'a\u0000b' }, /build/),
  bad({ env: Object.fromEntries(Array.from({ length: limits.envCount + 1 }, (_, at) => [`A${at}`, ''])) }, /env/),
  bad({ apiUrl: 'no url' }, /apiUrl/),
  bad({ apiUrl: 'ftp://git.example.com' }, /apiUrl: .*begin with http/),
  bad({ apiUrl: 'https://me:secret@git.example.com/api/v1' }, /apiUrl: .*name or password/),
  bad({ apiUrl: 'https://git.example.com/api?x=1' }, /apiUrl: .*query/),
  ...['http://10.0.0.1/api', 'http://169.254.169.254/', 'http://[::1]/api', 'http://[fd00::1]/', 'http://0.0.0.0/'].map(
    (apiUrl) => bad({ apiUrl }, /apiUrl: .* is not an address that the platform may call/),
  ),
]

/** So many of them are refused before the project is looked for. */
const wrongShapes = 11

const none: Wrong = { params: { projectId: 'no-such' }, status: 404, message: /^Project no-such not found$/ }
const other: Wrong = { params: { projectId: randomUUID() }, status: 404, message: /^Project .* not found$/ }

const repositories: readonly (readonly [unknown, RegExp])[] = [
  ['', /repository/],
  [7, /repository/],
  ['acme/shop', /https:\/\/ or http:/],
  ['file:///etc/passwd', /https:\/\/ or http:/],
  ['git://github.com/acme/shop', /https:\/\/ or http:/],
  ['--upload-pack=x', /https:\/\/ or http:/],
  ['git@github.com:acme/shop.git', /do not clone by SSH/],
  ['ssh://git@github.com/acme/shop', /do not clone by SSH/],
  ['https://me:secret@github.com/acme/shop', /token and username/],
  ['https://github.com', /path of a repository/],
  ['https://github.com/.git', /path of a repository/],
  ['https://github.com/acme//shop', /path of a repository/],
  ['https://github.com/acme/shop?x=1', /query/],
  ['https://github.com/acme/shop#x', /query or fragment/],
  ['https://github.com/acme/shop%0aevil', /control characters/],
  ['https://github.com/acme/shop\nevil', /control characters/],
  [`https://github.com/${'x'.repeat(limits.repositoryLength)}`, /at most|too/i],
]

const unsigned: Wrong = { key: null, body: '{}', status: 400, message: /is not signed/ }
const noProject = /^There is no such project, or the webhook is not signed with its secret$/
const signature = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}`, 'x-github-event': 'ping' }

/** What can be wrong with each call on projects in particular. */
export const wrongProjects: Record<string, readonly Wrong[]> = {
  createPreviewProject: [
    { body: {}, status: 400, message: /repository/ },
    ...repositories.map(([repository, message]) => ({ body: { repository }, status: 400, message })),
    ...wrongSettings,
    {
      body: { repository: 'http://github.com/ACME/shop.git' },
      status: 409,
      message: /has a project already/,
      prepare: (server) => makeProject(server),
    },
  ],
  listPreviewProjects: [],
  getPreviewProject: [none, other],
  updatePreviewProject: [
    { ...none, body: {} },
    { ...other, body: {} },
    // What is wrong whatever project it is about; the rest is tried below `createPreviewProject`.
    ...wrongSettings.slice(0, wrongShapes),
  ],
  deletePreviewProject: [none, other],
  rotatePreviewWebhookSecret: [none, other],
  receivePreviewHook: [
    unsigned,
    { ...unsigned, headers: { 'x-hub-signature': 'sha1=00' } },
    { ...unsigned, headers: signature, status: 404, message: noProject },
    { ...unsigned, headers: signature, params: { projectId: 'no-such' }, status: 404, message: noProject },
    { ...unsigned, headers: { 'x-gitlab-token': 'x' }, status: 404, message: noProject },
  ],
}

/** A body that is good where the row needs one. */
export const goodProjectBodies: Record<string, unknown> = {
  createPreviewProject: { repository: 'https://github.com/acme/shop' },
  updatePreviewProject: {},
}
