import assert from 'node:assert/strict'
import { chmod, chown, link, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { shiftIds } from './shift-ids.ts'

const reason = process.getuid?.() === 0 ? false : 'needs root'
const skip = process.env.SANDYARD_FORCE_HOST_TESTS === '1' ? false : reason

it('shifts each file once and keeps its mode', { skip }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'sandyard-shift-'))
  try {
    await mkdir(join(root, 'bin'))
    const sudo = join(root, 'bin/sudo')
    await writeFile(sudo, 'x')
    await chown(sudo, 5, 7)
    await chmod(sudo, 0o6751)
    await link(sudo, join(root, 'bin/sudoedit'))
    await symlink('/etc/shadow', join(root, 'link'))
    const sizeBytes = shiftIds(root, 1000)
    const shifted = await lstat(sudo)
    assert.deepEqual([shifted.uid, shifted.gid, shifted.mode & 0o7777], [1005, 1007, 0o6751])
    assert.equal((await lstat(join(root, 'link'))).uid, 1000)
    assert.equal((await lstat('/etc/shadow')).uid, 0)
    assert.ok(sizeBytes > 0)
  } finally {
    await rm(root, { recursive: true })
  }
})

it('refuses an owner that no sandbox has', { skip }, async () => {
  const root = await mkdtemp(join(tmpdir(), 'sandyard-shift-'))
  try {
    await chown(root, 70_000, 0)
    assert.throws(() => shiftIds(root, 1000), /owner that no sandbox has/)
  } finally {
    await rm(root, { recursive: true })
  }
})
