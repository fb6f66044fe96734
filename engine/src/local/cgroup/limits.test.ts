import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { applyUnifiedLimits } from './limits.ts'

/** The files of cgroup v2, which the machine of the tests may not have; what the kernel does with them is not tested. */
describe('limits of cgroup v2', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-limits-'))
    for (const name of ['memory.high', 'memory.max', 'cpu.weight', 'cpu.max']) writeFileSync(join(folder, name), '')
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  it('are written as the OCI runtime writes them', async () => {
    writeFileSync(join(folder, 'memory.current'), '1000\n')
    await applyUnifiedLimits(folder, { cpu: 2, memoryGib: 1 })
    assert.deepEqual(['memory.max', 'cpu.weight', 'cpu.max'].map(read), ['1073741824', '79', '200000 100000'])
  })

  it('never come below what is in use', async () => {
    writeFileSync(join(folder, 'memory.current'), '1073741825\n')
    await assert.rejects(applyUnifiedLimits(folder, { cpu: 2, memoryGib: 1 }), { code: 'CONFLICT' })
    // A file of the kernel's takes each write as a whole; here the mark lies over the number it replaced.
    assert.equal(read('memory.high'), 'max3741824')
    for (const name of ['memory.max', 'cpu.weight', 'cpu.max']) assert.equal(read(name), '', name)
  })
})
