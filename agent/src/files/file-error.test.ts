import assert from 'node:assert/strict'
import { it } from 'node:test'
import { PlatformError } from '@sandyard/protocol/errors'
import { errnoOf, toFileError } from './file-error.ts'

function systemError(code: string, errno: number): Error {
  return Object.assign(new Error(code), { code, errno, syscall: 'write', path: '/file' })
}

it('knows a disk that has reached its limit, for which Node has no name', () => {
  const full = systemError('Unknown system error -122', -122)
  assert.equal(errnoOf(full), 'EDQUOT')
  const error = toFileError(full) as PlatformError
  assert.deepEqual([error.code, error.message], ['INSUFFICIENT_STORAGE', 'the disk is full: "/file"'])
})

it('takes what it does not know for a bad request, and leaves what is no failure of the system', () => {
  const error = toFileError(systemError('ESTRANGE', -9999)) as PlatformError
  assert.deepEqual([error.code, error.message], ['BAD_REQUEST', 'failed with ESTRANGE: "/file"'])
  const ours = new PlatformError('GONE', 'gone')
  assert.equal(toFileError(ours), ours)
  const fault = new TypeError('fault')
  assert.equal(toFileError(fault), fault)
  assert.equal(errnoOf(fault), undefined)
})
