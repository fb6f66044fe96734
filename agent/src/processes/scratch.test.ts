import assert from 'node:assert/strict'
import { closeSync, fstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createScratch } from './scratch.ts'

describe('scratch', () => {
  let parent = ''
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'scratch-test-'))
  })
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  const mkfifo = () => ['mkfifo']

  it('opens pipes that nobody else can open, in a private folder', async () => {
    const scratch = createScratch(mkfifo, [parent])
    for (let round = 0; round < 40; round++) {
      const pipe = await scratch.openPipe()
      assert.ok(pipe !== null)
      writeSync(pipe.writeEnd, `round ${round}`)
      closeSync(pipe.writeEnd)
      assert.equal(readFileSync(pipe.readEnd, 'utf8'), `round ${round}`)
      assert.equal(fstatSync(pipe.readEnd).nlink, 0)
      closeSync(pipe.readEnd)
    }
    const [folder = ''] = readdirSync(parent)
    assert.equal(statSync(join(parent, folder)).mode & 0o777, 0o700)
    scratch.close()
    assert.deepEqual(readdirSync(parent), [])
  })

  it('opens as many at once as are asked for', async () => {
    const scratch = createScratch(mkfifo, [parent])
    for (const pipe of await Promise.all(Array.from({ length: 200 }, () => scratch.openPipe()))) {
      assert.ok(pipe !== null)
      closeSync(pipe.readEnd)
      closeSync(pipe.writeEnd)
    }
    scratch.close()
  })

  it('makes a new folder when somebody removes it', async () => {
    const scratch = createScratch(mkfifo, [parent])
    for (let round = 0; round < 5; round++) {
      const pipe = await scratch.openPipe()
      assert.ok(pipe !== null, `round ${round}`)
      closeSync(pipe.readEnd)
      closeSync(pipe.writeEnd)
      for (const name of readdirSync(parent)) rmSync(join(parent, name), { recursive: true })
    }
    scratch.close()
  })

  it('passes over folders that cannot be written, and says when there is none', async () => {
    const fd = createScratch(mkfifo, ['/proc', parent]).openFile(Buffer.from('text'))
    assert.equal(readFileSync(fd, 'utf8'), 'text')
    closeSync(fd)
    assert.deepEqual(readdirSync(parent), [])
    assert.throws(() => createScratch(mkfifo, ['/proc']).openFile(Buffer.from('x')), { code: 'INSUFFICIENT_STORAGE' })
  })

  it('has no pipes where the image has no mkfifo', async () => {
    assert.equal(await createScratch(() => null, [parent]).openPipe(), null)
    assert.equal(await createScratch(() => ['/no/mkfifo'], [parent]).openPipe(), null)
  })
})
