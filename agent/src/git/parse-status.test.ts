import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseStatus } from './parse-status.ts'

const hashes = '100644 100644 100644 1111111 2222222'

test('branch, upstream and distance are read', () => {
  const { branch, upstream, distance } = parseStatus(
    '# branch.oid 1\0# branch.head feat/a b\0# branch.upstream origin/x\0# branch.ab +2 -13\0',
  )
  assert.deepEqual(
    { branch, upstream, distance },
    { branch: 'feat/a b', upstream: 'origin/x', distance: { ahead: 2, behind: 13 } },
  )
})

test('a detached HEAD has no branch', () => {
  assert.equal(parseStatus('# branch.oid 1\0# branch.head (detached)\0').branch, null)
})

test('every kind of line becomes a file, with spaces and line breaks in its name', () => {
  const output = [
    `1 .M N... ${hashes} a b.txt`,
    `1 A. N... ${hashes} added\nhere`,
    `1 D. N... ${hashes} gone`,
    `1 .T N... ${hashes} link`,
    `2 R. N... ${hashes} R100 new name`,
    '2 old name',
    `2 C. N... ${hashes} C75 copy`,
    'source',
    'u UU N... 100644 100644 100644 100644 1 2 3 torn file',
    '? un tracked',
    '',
  ].join('\0')
  assert.deepEqual(
    parseStatus(output).files.map((file) => [file.name, file.extra, file.staging, file.worktree]),
    [
      ['a b.txt', '', 'Unmodified', 'Modified'],
      ['added\nhere', '', 'Added', 'Unmodified'],
      ['gone', '', 'Deleted', 'Unmodified'],
      ['link', '', 'Unmodified', 'Modified'],
      ['new name', '2 old name', 'Renamed', 'Unmodified'],
      ['copy', 'source', 'Copied', 'Unmodified'],
      ['torn file', '', 'Updated but unmerged', 'Updated but unmerged'],
      ['un tracked', '', 'Untracked', 'Untracked'],
    ],
  )
})
