import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import type { TestServer } from './test-server.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const tooLong = 'x'.repeat(limits.nameLength + 1)
const notDisplayable = /HTML tags, URLs, or control characters/
const ready = ({ call }: TestServer) => call('POST /volumes', { body: { name: 'ready' } })

/** What can be wrong with each call on volumes in particular. */
export const wrongVolumes: Record<string, readonly Wrong[]> = {
  createVolume: [
    { body: { name: 7 }, status: 400, message: /name/ },
    { body: { name: ' ' }, status: 400, message: /name/ },
    { body: { name: tooLong }, status: 400, message: /name/ },
    { body: { name: '<b>bold</b>' }, status: 400, message: notDisplayable },
    { body: { name: 'see https://x' }, status: 400, message: notDisplayable },
    { body: { name: 'a\u0000b' }, status: 400, message: notDisplayable },
    { body: { name: 'ready' }, status: 400, message: /^Volume with name ready already exists$/, prepare: ready },
  ],
  listVolumes: [{ query: '?includeDeleted=true&includeDeleted=true', status: 400, message: /includeDeleted/ }],
  getVolume: [
    { params: { volumeId: 'ready' }, status: 404, message: /^Volume with ID ready not found$/, prepare: ready },
    { params: { volumeId: randomUUID() }, status: 404, message: /not found$/ },
    { params: { volumeId: '%00' }, status: 404, message: /not found$/ },
    { params: { volumeId: '%' }, status: 400, message: /broken percent escape/ },
  ],
  getVolumeByName: [
    { params: { name: 'no-such' }, status: 404, message: /^Volume with name no-such not found$/ },
    { params: { name: "' or 1=1" }, status: 404, message: /not found$/ },
  ],
  deleteVolume: [
    { params: { volumeId: randomUUID() }, status: 404, message: /not found$/ },
    { params: { volumeId: 'no-such' }, status: 404, message: /^Volume with ID no-such not found$/ },
  ],
}

const mounted = (volume: object, status: number, message: RegExp): Wrong => ({
  body: { volumes: [{ volumeId: 'ready', mountPath: '/data', ...volume }] },
  status,
  message,
  prepare: ready,
})

const paths = (values: readonly string[], message: RegExp): Wrong[] =>
  values.map((mountPath) => mounted({ mountPath }, 400, message))

const subpaths = (values: readonly string[], message: RegExp): Wrong[] =>
  values.map((subpath) => mounted({ subpath }, 400, message))

const two = (first: string, second: string): Wrong => ({
  body: { volumes: [first, second].map((mountPath) => ({ volumeId: 'ready', mountPath })) },
  status: 400,
  message: /^Invalid mount path .* \(another volume is mounted at /,
  prepare: ready,
})

/** What can be wrong with the volumes of a new sandbox (api.md 2.3). */
export const wrongMounts: readonly Wrong[] = [
  mounted({ volumeId: 'no-such' }, 404, /^Volume 'no-such' not found$/),
  mounted({ volumeId: randomUUID() }, 404, /not found$/),
  mounted({ volumeId: '' }, 400, /volumeId/),
  mounted({ volumeId: 7 }, 400, /volumeId/),
  mounted({ mountPath: undefined }, 400, /mountPath/),
  mounted({ subpath: 7 }, 400, /subpath/),
  ...paths(['data', '', './data', '~/data'], /\(must be absolute\)$/),
  ...paths(['/', '//'], /\(must not be the root folder\)$/),
  ...paths(['/a//b', '//a', '/a//'], /consecutive slashes/),
  ...paths(['/a/../b', '/a/./b', '/a/..', '/a/.', '/..'], /relative path components/),
  ...paths(
    ['/proc', '/proc/self', '/sys/fs', '/dev/shm', '/boot', '/etc/x', '/bin', '/sbin', '/lib', '/lib64/'],
    /system directory/,
  ),
  ...paths(['/opt', '/opt/', '/opt/sandyard', '/opt/sandyard/bin'], /must not cover \/opt\/sandyard/),
  ...paths(['/a\u0000b', '/a\nb'], /control characters/),
  ...paths([`/${'x'.repeat(256)}`, `/${'é'.repeat(200)}`], /255 bytes/),
  ...paths([`/${'é/'.repeat(400)}`], /at most 1024 bytes/),
  ...paths([`/${'x/'.repeat(600)}`], /mountPath/),
  ...subpaths(['/abs'], /^Invalid subpath .* \(must be relative\)$/),
  ...subpaths(['..', 'a/..', 'a/../../b', '.', 'a/./b'], /relative path components/),
  ...subpaths(['a//b'], /consecutive slashes/),
  ...subpaths(['a\u0000b'], /control characters/),
  two('/data', '/data'),
  two('/data', '/data/'),
  two('/data', '/data/more'),
  two('/data/more', '/data'),
  {
    body: {
      volumes: Array.from({ length: limits.volumeMountCount + 1 }, (_, at) => ({
        volumeId: 'ready',
        mountPath: `/${at}`,
      })),
    },
    status: 400,
    message: /volumes/,
  },
]
