import assert from 'node:assert/strict'
import { it } from 'node:test'
import { containerIdCount, containerRootId, idRangeCount, rangeRootId } from './ids.ts'
import { instanceCount } from './instance.ts'

it('no two ranges share an id, none is one of the host or of files on disk, and all are ids', () => {
  const numbers = [0, 1, idRangeCount - 1]
  const all = [0, 1, instanceCount - 1].flatMap((index) => numbers.map((number) => rangeRootId(index, number)))
  for (const [position, first] of all.entries()) {
    const end = all[position + 1] ?? 2 ** 32 - 1
    assert.ok(first + containerIdCount <= end, `${first} reaches into ${end}`)
    assert.ok(first >= containerRootId + containerIdCount)
  }
})

it('without ranges, the ids are those on disk', () => {
  assert.equal(rangeRootId(3, null), containerRootId)
})
