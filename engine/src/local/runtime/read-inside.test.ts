import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { requireReadable } from './read-inside.ts'

/** Makes a root file system with an `/etc`, and gives whether something could be started in it. */
function canStart(make: (root: string) => void): boolean {
  const root = mkdtempSync(join(tmpdir(), 'sandyard-root-'))
  try {
    mkdirSync(join(root, 'etc'))
    make(root)
    requireReadable(root)
    return true
  } catch (error) {
    assert.equal((error as { code: string }).code, 'UNPROCESSABLE_ENTITY', String(error))
    return false
  } finally {
    rmSync(root, { recursive: true })
  }
}

const pipe = (path: string): unknown => execFileSync('mkfifo', [path])

test('the tables of users are plain files of sane size, or not there', () => {
  assert.ok(canStart(() => {}))
  assert.ok(canStart((root) => writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\n')))
  assert.ok(canStart((root) => rmSync(join(root, 'etc'), { recursive: true })))
  assert.ok(!canStart((root) => pipe(join(root, 'etc/passwd'))))
  assert.ok(!canStart((root) => pipe(join(root, 'etc/group'))))
  assert.ok(!canStart((root) => mkdirSync(join(root, 'etc/group'))))
  const huge = (root: string): void => {
    writeFileSync(join(root, 'etc/passwd'), '')
    truncateSync(join(root, 'etc/passwd'), 2 ** 40)
  }
  assert.ok(!canStart(huge))
})

test('links to them are followed as they are inside', () => {
  const linked = (target: string, path: string) => (root: string) => {
    pipe(join(root, 'pipe'))
    writeFileSync(join(root, 'file'), '')
    symlinkSync(target, join(root, path))
  }
  assert.ok(!canStart(linked('/pipe', 'etc/passwd')))
  assert.ok(!canStart(linked('../../../pipe', 'etc/group')))
  assert.ok(canStart(linked('/file', 'etc/passwd')))
  assert.ok(canStart(linked('/nowhere', 'etc/passwd')))
  assert.ok(canStart(linked('passwd', 'etc/passwd')), 'a link to itself cannot be opened')
  const folder = (root: string): void => {
    rmSync(join(root, 'etc'), { recursive: true })
    mkdirSync(join(root, 'real/etc'), { recursive: true })
    symlinkSync('real/etc', join(root, 'etc'))
    pipe(join(root, 'real/etc/passwd'))
  }
  assert.ok(!canStart(folder))
})
