import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { createLayout, type Layout, sandboxPaths } from '../layout.ts'
import { archiveNames, listRecorded, readRecord, removeRecord, type SandboxRecord, writeRecord } from './record.ts'

const record: SandboxRecord = {
  spec: {
    id: 'one',
    hostname: 'one',
    snapshot: 'default',
    user: 'daytona',
    env: { A: 'ä\n"' },
    cpu: 1,
    memoryGib: 1,
    diskGib: 1,
    network: { blockAll: false, allowList: ['192.0.2.0/24'] },
    volumes: [],
  },
  phase: 'running',
  diskId: 'disk',
  slot: 3,
  idRange: 5,
  init: { pid: 7, startTime: '99' },
}

describe('the record of a sandbox', () => {
  let data: string
  let layout: Layout

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'sandyard-record-'))
    layout = createLayout(data, 0)
  })
  afterEach(() => rmSync(data, { recursive: true }))

  it('is read as it was written, and only root reads it: there is environment in it', async () => {
    await writeRecord(layout, record)
    assert.deepEqual(readRecord(layout, 'one'), record)
    const stopped: SandboxRecord = { ...record, phase: 'stopped', slot: null, init: null, reason: 'why' }
    await writeRecord(layout, stopped)
    assert.deepEqual(readRecord(layout, 'one'), stopped)
    const uses = [{ env: 'KEY', placeholder: 'for-api.test', hosts: ['api.test'] }]
    const secretive: SandboxRecord = { ...record, spec: { ...record.spec, secrets: uses } }
    await writeRecord(layout, secretive)
    assert.deepEqual(readRecord(layout, 'one'), secretive)
    assert.equal(statSync(sandboxPaths(layout, 'one').record).mode & 0o777, 0o600)
    assert.deepEqual(listRecorded(layout), ['one'])
  })

  it('keeps archives in parts, and reads those of before as one', async () => {
    const part = { name: 'one.a', sha256: 'f'.repeat(64), sizeBytes: 5 }
    const rest: SandboxRecord = { ...record, phase: 'archived', slot: null, idRange: null, init: null }
    writeFileSync(sandboxFile(layout), JSON.stringify({ ...rest, archive: part }))
    const archive = { place: 'folder', parts: [{ ...part, diskId: 'disk' }] }
    assert.deepEqual(readRecord(layout, 'one'), { ...rest, archive })
    assert.deepEqual(archiveNames({ archive }, 'folder'), ['one.a'])
    assert.deepEqual(archiveNames({ archive }, 'elsewhere'), [])
    const restored: SandboxRecord = { ...rest, phase: 'stopped', base: { diskId: 'base', generation: 7, archive } }
    await writeRecord(layout, restored)
    assert.deepEqual(readRecord(layout, 'one'), restored)
    assert.deepEqual(archiveNames(restored, 'folder'), ['one.a'])
  })

  it('is whole at every moment while it is written anew', async () => {
    await writeRecord(layout, record)
    const long: SandboxRecord = { ...record, spec: { ...record.spec, env: { A: 'x'.repeat(4_000_000) } } }
    let isWriting = true
    const writing = (async () => {
      for (let i = 0; i < 5; i++) {
        await writeRecord(layout, long)
        await writeRecord(layout, record)
      }
      isWriting = false
    })()
    let reads = 0
    while (isWriting) {
      const length = readRecord(layout, 'one')?.spec.env.A?.length
      assert.ok(length === 3 || length === 4_000_000, `${length}`)
      reads++
      await new Promise((resolve) => setImmediate(resolve))
    }
    await writing
    assert.ok(reads > 10)
    assert.deepEqual(readdirSync(sandboxPaths(layout, 'one').folder), ['sandbox.json'])
  })

  it('is none when its first write was cut off', () => {
    const { folder, record: file } = sandboxPaths(layout, 'one')
    mkdirSync(folder, { recursive: true })
    assert.equal(readRecord(layout, 'one'), null)
    writeFileSync(`${file}.new`, '{"spec":')
    assert.equal(readRecord(layout, 'one'), null)
    assert.deepEqual(listRecorded(layout), ['one'])
    removeRecord(layout, 'one')
    removeRecord(layout, 'one')
    assert.equal(existsSync(folder), false)
    assert.equal(readRecord(layout, 'one'), null)
  })

  it('is refused with the name of its file when it is broken: its disk must not be taken for litter', async () => {
    await writeRecord(layout, record)
    const file = sandboxPaths(layout, 'one').record
    for (const text of ['', '{', '{}', '[]', JSON.stringify({ ...record, phase: 'flying' })]) {
      writeFileSync(file, text)
      assert.throws(
        () => readRecord(layout, 'one'),
        (error: Error) => error.message.includes(file),
        text,
      )
    }
  })
})

function sandboxFile(layout: Layout): string {
  const { folder, record: file } = sandboxPaths(layout, 'one')
  mkdirSync(folder, { recursive: true })
  return file
}
