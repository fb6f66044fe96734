import { randomUUID } from 'node:crypto'
import { limits } from '@sandyard/protocol'
import { adminKey, type TestServer } from './test-server.ts'
import type { Wrong } from './wrong-lifecycle.ts'

const repository = 'https://git.example.com/team/app.git'

/** Bodies that are right, for wrongs of another kind. */
export const goodPreviewBodies: Record<string, object> = {
  createPreview: { repository },
}

const gone = randomUUID()
const none: Wrong = { params: { previewId: gone }, status: 404, message: new RegExp(`^Preview ${gone} not found$`) }
const notOne: readonly Wrong[] = [
  none,
  { params: { previewId: '%00' }, status: 404, message: /not found$/ },
  { params: { previewId: '%' }, status: 400, message: /broken percent escape/ },
  { params: { previewId: "' or 1=1" }, status: 404, message: /not found$/ },
  { params: { previewId: 'x'.repeat(5000) }, status: 404, message: /^Preview x{300} not found$/ },
]

const wrong = (field: object, message: RegExp): Wrong => ({ body: { repository, ...field }, status: 400, message })

/** What can be wrong with each call on preview environments in particular. */
export const wrongPreviews: Record<string, readonly Wrong[]> = {
  createPreview: [
    { body: {}, status: 400, message: /repository/ },
    ...[
      '',
      ' ',
      'app',
      'file:///etc',
      'git@git.example.com:a/b.git',
      'ext::sh -c id',
      'https://',
      '--upload-pack=id',
      'https://git.example.com/a\nb',
      'https://me:secret@git.example.com/a/b',
      'x'.repeat(limits.repositoryLength + 1),
    ].map((text) => wrong({ repository: text }, /repository/i)),
    wrong({ repository: 7 }, /repository/),
    wrong({ branch: '' }, /branch/),
    wrong({ branch: 'a\0b' }, /branch/),
    wrong({ branch: 'x'.repeat(limits.branchLength + 1) }, /branch/),
    ...[
      '-b',
      '--upload-pack=id',
      'a..b',
      'a b',
      'a~1',
      'a^',
      'a:b',
      '/a',
      'a/',
      'a.lock',
      'a//b',
      '@{-1}',
      '.a',
      'a.',
      'a/.b',
      '@',
      'a\\b',
      'a?',
      'a*',
      'a[',
    ].map((branch) => wrong({ branch }, /branch/)),
    wrong({ token: '' }, /token/),
    wrong({ token: 'a\nb' }, /token/),
    wrong({ token: 'x'.repeat(limits.gitTokenLength + 1) }, /token/),
    ...[0, 65_536, 1.5, '80'].map((port) => wrong({ port }, /port/)),
    wrong({ mode: 'fast' }, /mode/),
    wrong({ install: '' }, /install/),
    wrong({ start: 'a\0b' }, /start/),
    wrong({ build: 'x'.repeat(limits.environmentCommandLength + 1) }, /build/),
    wrong({ env: { '1A': 'x' } }, /env/),
    wrong({ env: { A: 1 } }, /env/),
    wrong({ env: Object.fromEntries(Array.from({ length: limits.envCount + 1 }, (_, i) => [`A${i}`, ''])) }, /env/),
    wrong({ rootDirectory: 'x'.repeat(limits.rootDirectoryLength + 1) }, /rootDirectory/),
    wrong({ autoStopInterval: -1 }, /autoStopInterval/),
    wrong({ public: 'yes' }, /public/),
    {
      ...wrong({ branch: 'one-more' }, /^An organization can have at most 500 preview environments$/),
      prepare: fill,
    },
  ],
  listPreviews: [
    { query: '?branch=a&branch=b', status: 400, message: /branch/ },
    { query: '?repository=a&repository=b', status: 400, message: /repository/ },
  ],
  getPreview: notOne,
  deletePreview: notOne,
  restartPreview: notOne,
  getPreviewHealth: notOne,
  getPreviewLog: [...notOne, { query: '?follow=true&follow=true', status: 400, message: /follow/ }],
}

/** As many as an organization may have, none of which is to be built. */
async function fill(server: TestServer): Promise<void> {
  const { store } = server.server
  const made = await server.call('POST /previews', { key: adminKey, body: { repository, branch: 'first' } })
  const { organizationId, projectId } = made.body
  for (let number = 1; number < limits.environmentCount; number += 1) {
    const id = randomUUID()
    const wanted = { id, organizationId, projectId, headRepository: '', branch: `branch-${number}`, commit: null }
    const row = await store.environments.want(wanted, { most: limits.environmentCount, nowMs: server.clock.nowMs })
    if (row === 'full') return
  }
}
