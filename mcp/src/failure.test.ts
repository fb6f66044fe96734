import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DaytonaConnectionError, DaytonaError, DaytonaNotFoundError } from '@sandyard/sdk'
import { isFault, ToolError, toFailure } from './failure.ts'

const textOf = (error: unknown, secrets: readonly string[] = []): string =>
  JSON.stringify(toFailure(error, secrets).content)

test('errors say what to change, and faults nothing of our inside', () => {
  assert.match(textOf(new ToolError('path is empty', 'give one')), /path is empty\. Give one/)
  assert.match(textOf(new DaytonaNotFoundError('Sandbox a not found', 404)), /not found\. Look for .*list_sandboxes/)
  assert.match(textOf(new DaytonaError('Access denied', 403)), /denied\. The key of this connection/)
  assert.match(textOf(new DaytonaConnectionError('no answer')), /cannot be reached/)
  assert.doesNotMatch(textOf(new TypeError('x of undefined at /root/secret.ts')), /undefined|secret/)
  assert.deepEqual([isFault(new TypeError()), isFault(new DaytonaError('a'))], [true, false])
})

test('secrets are told in no error', () => {
  const said = textOf(new ToolError('clone of https://u:pa$$word@host failed, pa$$word'), ['pa$$word', ''])
  assert.doesNotMatch(said, /pa\$\$word/)
  assert.match(said, /u:\*\*\*@host/)
})
