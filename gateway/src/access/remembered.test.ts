import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AccessAnswer, AccessRequest } from '@sandyard/protocol'
import { rememberAccess } from './remembered.ts'

const granted: AccessAnswer = { kind: 'granted', sandboxId: 'a', by: 'bearer', state: 'started' }
const question = (bearer: string, port?: number): AccessRequest => ({
  label: 'a',
  target: port === undefined ? { kind: 'toolbox' } : { kind: 'port', port },
  credentials: { bearer },
})

function start(answer: () => AccessAnswer | Promise<AccessAnswer>) {
  const state = { nowMs: 0, count: 0 }
  const access = {
    async check() {
      state.count += 1
      return answer()
    },
    touch() {},
  }
  return { state, remembered: rememberAccess(access, () => state.nowMs) }
}

test('a granted answer holds for a second, for its credential and target alone', async () => {
  const { state, remembered } = start(() => granted)
  await remembered.check(question('k'))
  await remembered.check(question('k'))
  assert.equal(state.count, 1)
  await remembered.check(question('other'))
  await remembered.check(question('k', 80))
  assert.equal(state.count, 3)
  state.nowMs = 1000
  await remembered.check(question('k'))
  assert.equal(state.count, 4)
})

test('what does not let through is asked again', async () => {
  const answers: AccessAnswer[] = [{ kind: 'denied' }, { kind: 'unknown' }, { ...granted, state: 'stopped' }, granted]
  const { state, remembered } = start(() => answers[state.count - 1] ?? granted)
  for (const expected of answers) assert.deepEqual(await remembered.check(question('k')), expected)
  assert.equal(state.count, 4)
})

test('questions at the same time are one; a failure is not kept', async () => {
  const { state, remembered } = start(() => {
    if (state.count === 1) throw new Error('down')
    return granted
  })
  const both = await Promise.allSettled([remembered.check(question('k')), remembered.check(question('k'))])
  assert.deepEqual([both.map((one) => one.status), state.count], [['rejected', 'rejected'], 1])
  assert.deepEqual(await remembered.check(question('k')), granted)
})

test('forget reaches also an answer that is on its way', async () => {
  const { promise, resolve } = Promise.withResolvers<AccessAnswer>()
  const { state, remembered } = start(() => (state.count === 1 ? promise : granted))
  const early = remembered.check(question('k'))
  remembered.forget('a')
  resolve(granted)
  await early
  await remembered.check(question('k'))
  assert.equal(state.count, 2)
  remembered.forget('b')
  await remembered.check(question('k'))
  assert.equal(state.count, 2)
  remembered.forget('a')
  await remembered.check(question('k'))
  assert.equal(state.count, 3)
})

test('what is remembered is known without asking, until it is forgotten or old', async () => {
  const { state, remembered } = start(() => granted)
  assert.equal(remembered.known(question('k')), null)
  await remembered.check(question('k'))
  assert.deepEqual(remembered.known(question('k')), granted)
  assert.equal(remembered.known(question('k', 80)), null)
  state.nowMs = 1000
  assert.equal(remembered.known(question('k')), null)
  await remembered.check(question('k'))
  remembered.forget('a')
  assert.equal(remembered.known(question('k')), null)
  await remembered.check(question('k'))
  remembered.forgetAll()
  assert.equal(remembered.known(question('k')), null)
})

test('credentials that read alike side by side are not taken for each other', async () => {
  const { remembered } = start(() => granted)
  const ask = (label: string, credentials: AccessRequest['credentials']): AccessRequest => ({
    label,
    target: { kind: 'port', port: 80 },
    credentials,
  })
  await remembered.check(ask('ab', { bearer: 'cd', previewToken: 'ef' }))
  for (const other of [
    ask('a', { bearer: 'bcd', previewToken: 'ef' }),
    ask('ab', { bearer: 'c', previewToken: 'def' }),
    ask('ab', { bearer: 'cdef' }),
    ask('ab', { previewToken: 'cdef' }),
    ask('abcdef', {}),
    ask('ab', { bearer: 'cdef', previewToken: '' }),
  ]) {
    assert.equal(remembered.known(other), null, JSON.stringify(other))
  }
})
