import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeFolders } from './make-folders.ts'

describe('folders with their parents', () => {
  let dir: string

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sandyard-folders-'))
  })
  after(() => rm(dir, { recursive: true }))

  it('are made, and the topmost new one is told', async () => {
    assert.equal(await makeFolders(join(dir, 'a/b/c'), 0o755), join(dir, 'a'))
    assert.equal(await makeFolders(join(dir, 'a/b/c'), 0o755), undefined)
    assert.equal(await makeFolders(join(dir, 'a/b/d'), 0o700), join(dir, 'a/b/d'))
    assert.equal((await stat(join(dir, 'a/b/d'))).mode & 0o777, 0o700)
    assert.equal(await makeFolders('/', 0o755), undefined)
    assert.equal(await makeFolders(`${dir}/new/../other/./deep/`, 0o755), `${dir}/new`)
    await stat(join(dir, 'other/deep'))
  })

  it('are made by many at once', async () => {
    const path = join(dir, 'many', ...'abcdefgh')
    const made = await Promise.all(Array.from({ length: 8 }, () => makeFolders(path, 0o755)))
    await stat(path)
    assert.ok(made.includes(join(dir, 'many')))
  })

  it('are refused below a file and in the place of one', async () => {
    await writeFile(join(dir, 'file'), '')
    await symlink('nowhere', join(dir, 'dangling'))
    await mkdir(join(dir, 'folder'))
    await symlink('folder', join(dir, 'link'))
    await assert.rejects(makeFolders(join(dir, 'file'), 0o755), { code: 'EEXIST' })
    await assert.rejects(makeFolders(join(dir, 'file/below'), 0o755), { code: 'ENOTDIR' })
    await assert.rejects(makeFolders(join(dir, 'dangling'), 0o755), { code: 'EEXIST' })
    assert.equal(await makeFolders(join(dir, 'link'), 0o755), undefined)
  })

  it('come to an end where none can be made', { timeout: 5000 }, async () => {
    for (const path of ['/proc/folder', '/proc/a/b/c', '/proc/self/fd/folder'])
      await assert.rejects(
        makeFolders(path, 0o755),
        (error: { code?: string }) => /^E(NOENT|PERM|ACCES)$/.test(error.code ?? ''),
        path,
      )
  })
})
