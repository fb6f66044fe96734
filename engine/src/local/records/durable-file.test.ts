import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeDurably } from './durable-file.ts'

test('of several who write a file at a time the last one wins, and a failure is its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'durable-'))
  try {
    const file = join(folder, 'deep', 'file')
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(1000 * (20 - i)))
    const broken = writeDurably(folder, 'a folder is no file')
    await Promise.all([...texts.map((text) => writeDurably(file, text)), assert.rejects(broken)])
    assert.equal(readFileSync(file, 'utf8'), texts.at(-1))
    assert.deepEqual(readdirSync(join(folder, 'deep')), ['file'])
  } finally {
    rmSync(folder, { recursive: true })
    rmSync(`${folder}.new`, { force: true })
  }
})
