import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { readConfig } from './config.ts'
import { findRunning, isDataFolder, openDataFolder, removeDataFolder } from './data-folder.ts'
import { adminKey } from './keys.ts'

describe('data folder', () => {
  let parent: string
  let data: string

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'sandyard-data-'))
    data = join(parent, 'data')
  })

  afterEach(async () => {
    await rm(parent, { recursive: true, force: true })
  })

  it('is made, opened again, and removed', async () => {
    await openDataFolder(data)
    await openDataFolder(data)
    assert.equal(await isDataFolder(data), true)
    assert.equal((await stat(data)).mode & 0o777, 0o711)
    await removeDataFolder(data)
    await assert.rejects(stat(data), { code: 'ENOENT' })
  })

  it("is never somebody else's", async () => {
    await mkdir(data)
    await writeFile(join(data, 'thesis.txt'), 'years of work')
    await assert.rejects(openDataFolder(data), /is not empty and was not made by Sandyard/)
    await assert.rejects(removeDataFolder(data), /not a data folder of ours/)
    assert.equal(await readFile(join(data, 'thesis.txt'), 'utf8'), 'years of work')
  })

  it('has no running platform when nobody holds it', async () => {
    await openDataFolder(data)
    await writeFile(join(data, 'platform.json'), '{"url":"http://localhost:1"}')
    assert.equal(await findRunning(data), null)
    assert.equal(await findRunning(join(parent, 'nowhere')), null)
  })

  it('keeps one key that only root reads', async () => {
    await openDataFolder(data)
    const { config } = readConfig(['--data', data], {}, [])
    const first = await adminKey(config)
    assert.match(first.key, /^dtn_[0-9a-f]{64}$/)
    assert.equal(first.file, join(data, 'api-key'))
    assert.equal((await stat(join(data, 'api-key'))).mode & 0o777, 0o600)
    assert.deepEqual(await adminKey(config), first)
  })

  it('refuses a key file that holds no key', async () => {
    await openDataFolder(data)
    await writeFile(join(data, 'api-key'), '\n')
    await chmod(join(data, 'api-key'), 0o600)
    const { config } = readConfig(['--data', data], {}, [])
    await assert.rejects(adminKey(config), /does not hold a key/)
  })
})
