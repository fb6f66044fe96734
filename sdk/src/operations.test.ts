import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apiRoutes, toolboxRoutes } from '@sandyard/protocol'
import { apiOperations, toolboxOperations } from './operations/all.ts'

test('the operations are those of the rows; if not: node scripts/sdk-operations.mjs', () => {
  for (const [rows, operations] of [
    [apiRoutes, apiOperations],
    [toolboxRoutes, toolboxOperations],
  ] as const) {
    const expected = Object.entries(rows).map(([name, row]) => [
      name,
      `${row.method} ${row.path}${'isStream' in row ? ' bytes' : ''}`,
    ])
    assert.deepEqual(Object.entries(operations).sort(), expected.sort())
  }
})
