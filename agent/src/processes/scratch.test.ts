import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
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

  it('does without a mkfifo that has been stopped', async () => {
    const stopped = join(parent, 'stopped')
    writeFileSync(stopped, '#!/bin/sh\nkill -STOP $$\n', { mode: 0o700 })
    const programs = [stopped, 'mkfifo']
    const scratch = createScratch(() => [programs.shift() ?? 'mkfifo'], [parent])
    const late = delay(10_000, 'late', { ref: false })
    const pipe = await Promise.race([scratch.openPipe(), late])
    assert.ok(pipe !== null && typeof pipe !== 'string')
    closeSync(pipe.readEnd)
    closeSync(pipe.writeEnd)
    scratch.close()
  })

  it('is not held up by who puts pipes in the place of its files', async () => {
    const swap = `
      const fs = require('node:fs')
      const [parent] = process.argv.slice(1)
      const path = (name) => parent + '/' + name
      for (;;) for (const name of fs.readdirSync(parent)) try {
        if (!fs.lstatSync(path(name)).isFile()) continue
        fs.unlinkSync(path(name))
        require('node:child_process').execFileSync('mkfifo', [path(name)])
      } catch {}`
    const write = `
      import { closeSync, readFileSync } from 'node:fs'
      import { createScratch } from '${new URL('scratch.ts', import.meta.url)}'
      for (let round = 0; round < 10; round++) {
        const fd = createScratch(() => null, [process.argv[1]]).openFile(Buffer.alloc(32 << 20, 'x'))
        console.log(readFileSync(fd).length)
        closeSync(fd)
      }`
    const swapper = spawn(process.execPath, ['-e', swap, parent], { stdio: 'ignore' })
    try {
      const args = ['--input-type=module', '-e', write, parent]
      const written = await promisify(execFile)(process.execPath, args, { timeout: 30_000, killSignal: 'SIGKILL' })
      assert.equal(written.stdout, `${32 << 20}\n`.repeat(10))
    } finally {
      swapper.kill('SIGKILL')
    }
  })

  it('has no pipes where the image has no mkfifo', async () => {
    assert.equal(await createScratch(() => null, [parent]).openPipe(), null)
    assert.equal(await createScratch(() => ['/no/mkfifo'], [parent]).openPipe(), null)
  })
})
