import { limits } from '@sandyard/protocol'
import type { Wrong } from './wrong-lifecycle.ts'

function wrong(body: unknown, message: RegExp, status = 400): Wrong {
  return { body, status, message }
}

const from = { dockerfileContent: 'FROM a' }

/** What can be wrong with what is to be built, of a sandbox as of a snapshot. */
const buildInfos: readonly (readonly [unknown, RegExp])[] = [
  ['FROM a', /buildInfo/],
  [{}, /dockerfileContent/],
  [{ dockerfileContent: ' \n' }, /must not be empty/],
  [{ dockerfileContent: 7 }, /dockerfileContent/],
  [{ dockerfileContent: 'FROM a\0' }, /must not contain NUL/],
  [{ dockerfileContent: 'x'.repeat(limits.dockerfileBytes + 1) }, /at most 262144 bytes/],
  [{ ...from, contextHashes: 'a' }, /contextHashes/],
  [{ ...from, contextHashes: ['../etc'] }, /must be letters, digits/],
  [{ ...from, contextHashes: [''] }, /must be letters, digits/],
  [{ ...from, contextHashes: ['a'.repeat(129)] }, /must be letters, digits/],
  [{ ...from, contextHashes: Array(1001).fill('a') }, /contextHashes/],
  [{ ...from, contextHashes: ['0'.repeat(32)] }, /^Build context 0{32} was not uploaded$/],
]

/** Wrong bodies of a create with something to build. */
export const wrongBuildInfo: readonly Wrong[] = [
  ...buildInfos.map(([buildInfo, message]) => wrong({ buildInfo }, message)),
  wrong({ buildInfo: from, linkedSandbox: 'other' }, /^Cannot specify a linked sandbox when using a build info/),
  wrong({ buildInfo: from, user: 'Robert; DROP' }, /user/),
  wrong({ buildInfo: from, cpu: 5 }, /^CPU request 5 exceeds maximum allowed per sandbox \(4\)\./),
  wrong({ buildInfo: from, target: 'mars' }, /^Region not found$/, 404),
  {
    ...wrong({ buildInfo: from, name: 'taken-too' }, /^Sandbox with name taken-too already exists$/, 409),
    prepare: (server) => server.create({ name: 'taken-too' }),
  },
]

const image = { name: 'new', imageName: 'alpine:3' }

const names = ['', 'a b', '/a', 'a/', 'a//b', 'ä', 'x'.repeat(limits.nameLength + 1), 'a@sha256:12', 7]
const imageNames: readonly (readonly [unknown, RegExp])[] = [
  ['', /imageName/],
  [' ', /imageName/],
  [7, /imageName/],
  ['x'.repeat(limits.imageNameLength + 1), /imageName/],
  ['alpine', /^Image name alpine is not valid: it needs a tag or a digest/],
  ['alpine:latest', /the tag `latest` is not allowed/],
  ['localhost:5000/alpine', /needs a tag or a digest/],
  ['alpine:', /its tag is none/],
  ['alpine:a/b', /is not valid/],
  ['alpine@sha256:12', /its digest must be/],
  ['alpine:1@', /its digest must be/],
  ['Alpine:1', /lower-case letters/],
  ['a//b:1', /lower-case letters/],
  ['../b:1', /is not valid/],
  ['registry example/a:1', /is not valid/],
  ['-x.example/a:1', /is no host name/],
  ['docker://alpine:3', /is not valid/],
  ['al\u0000pine:3', /lower-case letters/],
]

/** What can be wrong with each call of builds in particular. */
export const wrongBuilds: Record<string, readonly Wrong[]> = {
  createSnapshot: [
    wrong({}, /name/),
    ...names.map((name) => wrong({ ...image, name }, /name/)),
    wrong({ name: 'new' }, /^Must specify either an image name or build info$/),
    ...imageNames.map(([imageName, message]) => wrong({ name: 'new', imageName }, message)),
    ...buildInfos.map(([buildInfo, message]) => wrong({ name: 'new', buildInfo }, message)),
    wrong({ ...image, buildInfo: from }, /^Cannot specify an image name when using a build info entry$/),
    wrong({ name: 'new', buildInfo: from, entrypoint: ['a'] }, /^Cannot specify an entrypoint when using a build/),
    wrong({ ...image, entrypoint: 'sleep' }, /entrypoint/),
    wrong({ ...image, entrypoint: Array(257).fill('a') }, /entrypoint/),
    wrong({ ...image, entrypoint: ['a\u0000b'] }, /entrypoint.*NUL/),
    wrong({ ...image, cpu: 0 }, /cpu/),
    wrong({ ...image, memory: 1.5 }, /memory/),
    wrong({ ...image, disk: '3' }, /disk/),
    wrong({ ...image, cpu: 5 }, /^CPU request 5 exceeds maximum allowed per sandbox \(4\)\./),
    wrong({ ...image, memory: 9 }, /^Memory request 9GB exceeds/),
    wrong({ ...image, disk: 11 }, /^Disk request 11GB exceeds/),
    wrong({ ...image, gpu: 1 }, /^GPU request 1 exceeds/),
    wrong({ ...image, regionId: 'mars' }, /^Region not found$/, 404),
    wrong({ ...image, sandboxClass: 'windows' }, /class windows cannot be made/),
    wrong({ ...image, name: 'default' }, /^Snapshot with name default already exists$/, 409),
    {
      ...wrong({ ...image, name: 'twice' }, /^Snapshot with name twice already exists$/, 409),
      prepare: ({ call }, id) => call(`POST /sandbox/${id}/snapshot`, { body: { name: 'twice' } }),
    },
  ],
  getSnapshotBuildLogs: [
    { params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ },
    { status: 404, message: /^Snapshot default was neither built nor pulled/ },
    { query: '?follow=true&follow=true', status: 400, message: /follow/ },
  ],
  getSnapshotBuildLogsUrl: [
    { params: { id: 'no-such' }, status: 404, message: /^Snapshot with ID or name no-such not found$/ },
    { status: 404, message: /^Snapshot default was neither built nor pulled/ },
  ],
  getBuildLogs: [
    { status: 404, message: /has no build info$/ },
    { query: '?follow=true&follow=true', status: 400, message: /follow/ },
  ],
  getBuildLogsUrl: [{ status: 404, message: /has no build info$/ }],
}

const login = { name: 'ours', url: 'registry.example', username: 'robot', password: 'p4ss' }
const tooLong = 'x'.repeat(limits.registryTextLength + 1)
const unknown: Wrong = {
  params: { id: 'no-such' },
  status: 404,
  message: /^Docker registry with ID no-such not found$/,
}

const fields: readonly Wrong[] = [
  wrong({ ...login, name: ' ' }, /name/),
  wrong({ ...login, name: tooLong }, /name/),
  wrong({ ...login, name: 'a\nb' }, /control characters/),
  wrong({ ...login, url: tooLong }, /url/),
  wrong({ ...login, username: '' }, /username/),
  wrong({ ...login, username: 7 }, /username/),
  wrong({ ...login, password: '' }, /password/),
  wrong({ ...login, password: 'a\nb' }, /must be one line/),
  wrong({ ...login, password: 'x'.repeat(limits.registryPasswordLength + 1) }, /password/),
  wrong({ ...login, project: '../up' }, /project/),
]

/** What can be wrong with each call on registries in particular. */
export const wrongRegistries: Record<string, readonly Wrong[]> = {
  getTransientPushAccess: [
    { status: 501, message: /^This platform has no registry to push to/ },
    { query: `?regionId=${'x'.repeat(limits.nameLength + 1)}`, status: 400, message: /regionId/ },
  ],
  createRegistry: [
    wrong({}, /name/),
    ...fields,
    ...['http://', 'ftp://registry.example', 'user@registry.example', 'a b', 'x.example/../y', 'x.example?y'].map(
      (url) => wrong({ ...login, url }, /^url: .* is not the address of a registry$/),
    ),
    {
      ...wrong(login, /^An organization can have at most 100 registries$/),
      prepare: async ({ call }) => {
        for (let made = 0; made <= limits.registryCount; made += 1) await call('POST /docker-registry', { body: login })
      },
    },
  ],
  listRegistries: [],
  getRegistry: [unknown],
  updateRegistry: [unknown, ...fields],
  deleteRegistry: [unknown],
}

/** Bodies that are good where the row needs one. */
export const goodBuildBodies: Record<string, unknown> = {
  createSnapshot: image,
  createRegistry: login,
  updateRegistry: { name: 'new' },
}
