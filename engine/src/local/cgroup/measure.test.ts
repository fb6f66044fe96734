import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { joinDiskUses } from '../disk/disk-uses.ts'
import { readCgroupUse } from './use.ts'

test('use is read from both forms of cgroups', async () => {
  const root = mkdtempSync(join(tmpdir(), 'sandyard-cgroup-'))
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), content)
  }
  try {
    write('s/a/cpu.stat', 'usage_usec 2500000\nuser_usec 2000000\n')
    write('s/a/memory.current', '3000\n')
    write('s/a/memory.stat', 'anon 1800\nfile 1000\nfile_mapped 7\n')
    const wanted = { cpuMs: 2500, memoryBytes: 2000, cacheBytes: 1000 }
    assert.deepEqual(await readCgroupUse('/s/a', { root, unified: true }), wanted)
    assert.equal(await readCgroupUse('/s/none', { root, unified: true }), null)

    write('cpuacct/s/b/cpuacct.usage', '2500000000\n')
    write('memory/s/b/memory.usage_in_bytes', '3000\n')
    write('memory/s/b/memory.stat', 'cache 1\nrss 2\ntotal_cache 1000\ntotal_rss 5\n')
    assert.deepEqual(await readCgroupUse('/s/b', { root, unified: false }), wanted)
    assert.equal(await readCgroupUse('/s/none', { root, unified: false }), null)
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('quota groups belong to the disks of their subvolumes', () => {
  const subvolumes = [
    'ID 256 gen 10 top level 5 path 0a-disk',
    'ID 257 gen 11 top level 5 path data/disks/0b disk',
    'ID 258 gen 11 top level 5 path 0c-no-group',
    '',
  ].join('\n')
  const groups =
    'qgroupid         rfer         excl \n--------  ----\n0/5 16384 16384\n0/256 20480 4096\n0/257 5 5\n0/999 7 7\n'
  assert.deepEqual(
    [...joinDiskUses(subvolumes, groups)],
    [
      ['0a-disk', 20480],
      ['0b disk', 5],
      ['0c-no-group', 0],
    ],
  )
})
