import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '../box.ts'
import { pathIn } from './paths.ts'

const box = { projectFolder: '/home/daytona/project' } as Box

test('relative paths begin at the project, absolute ones are those of the sandbox', () => {
  const place = { box, host: undefined }
  assert.equal(pathIn(place, 'a/../b.ts'), '/home/daytona/project/b.ts')
  assert.equal(pathIn(place, '.'), '/home/daytona/project')
  assert.equal(pathIn(place, '/etc/hosts'), '/etc/hosts')
  assert.equal(pathIn(place, '/home/me/app/a.ts'), '/home/me/app/a.ts')
})

test('paths of the user`s project are those of the project in the sandbox', () => {
  const place = { box, host: { directory: '/home/me/app/web', worktree: '/home/me/app' } }
  assert.equal(pathIn(place, '/home/me/app/web/a.ts'), '/home/daytona/project/a.ts')
  assert.equal(pathIn(place, '/home/me/app/web'), '/home/daytona/project')
  assert.equal(pathIn(place, '/home/me/app/web/../readme'), '/home/daytona/readme')
  assert.equal(pathIn(place, '/home/me/application/a.ts'), '/home/me/application/a.ts')
  assert.equal(pathIn(place, '/home/daytona/project/a.ts'), '/home/daytona/project/a.ts')
  const without = { box, host: { directory: '/srv/x', worktree: '/' } }
  assert.equal(pathIn(without, '/srv/x/a.ts'), '/home/daytona/project/a.ts')
  assert.equal(pathIn(without, '/etc/hosts'), '/etc/hosts')
  assert.equal(pathIn({ box, host: { directory: '/', worktree: '/' } }, '/etc/hosts'), '/etc/hosts')
})

test('where both machines have the project in one place, nothing is changed', () => {
  const place = { box, host: { directory: '/home/daytona', worktree: '/home/daytona' } }
  assert.equal(pathIn(place, '/home/daytona/project/a.ts'), '/home/daytona/project/a.ts')
})
