import assert from 'node:assert/strict'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import { createAdmission } from './admission.ts'

function start() {
  const clock = { nowMs: 1 }
  return { clock, admission: createAdmission(() => clock.nowMs) }
}

test('strangers of one network of IPv6 count together, and leave once', () => {
  const { admission } = start()
  const leaves = Array.from({ length: limits.sshStrangersOfAddress }, (_, at) =>
    admission.enter(`2001:db8:0:1::${at.toString(16)}`),
  )
  assert.ok(leaves.every((leave) => leave !== null))
  assert.equal(admission.enter('2001:db8:0:1:ffff::1'), null)
  assert.notEqual(admission.enter('2001:db8:0:2::1'), null, 'a neighbour is another one')
  assert.notEqual(admission.enter('::ffff:192.0.2.1'), null)
  leaves[0]?.(false)
  leaves[0]?.(false)
  assert.notEqual(admission.enter('2001:db8:0:1::1'), null)
  assert.equal(admission.enter('2001:db8:0:1::1'), null)
})

test('wrong tokens of a network shut it out for the rest of the minute', () => {
  const { admission, clock } = start()
  for (let at = 0; at < limits.sshTriesOfAddress; at++) admission.noteFailure(`2001:db8:0:1::${at.toString(16)}`)
  assert.equal(admission.enter('2001:db8:0:1::abcd'), null)
  assert.notEqual(admission.enter('192.0.2.1'), null)
  clock.nowMs += 60_000
  assert.notEqual(admission.enter('2001:db8:0:1::abcd'), null)
})

test('strangers who come and go too often wait for the next minute; who says who it is does not count', () => {
  const { admission, clock } = start()
  const comeAndGo = (isKnown: boolean): boolean => {
    const leave = admission.enter('::ffff:192.0.2.1')
    leave?.(isKnown)
    return leave !== null
  }
  for (let at = 0; at < 2 * limits.sshStrangersOfMinute; at++) assert.equal(comeAndGo(true), true)
  for (let at = 0; at < limits.sshStrangersOfMinute; at++) assert.equal(comeAndGo(false), true)
  assert.equal(comeAndGo(false), false)
  assert.equal(admission.enter('192.0.2.1'), null, 'it is the same one')
  assert.notEqual(admission.enter('192.0.2.2'), null)
  clock.nowMs += 60_000
  assert.equal(comeAndGo(false), true)
})
