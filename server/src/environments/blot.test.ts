import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBlotter, secretsOfRun } from './blot.ts'

function blotted(secrets: readonly string[], pieces: readonly string[]): string {
  let passed = ''
  const blotter = createBlotter(secrets, (text) => {
    passed += text
  })
  for (const piece of pieces) blotter.write(piece)
  blotter.flush()
  return passed
}

test('a secret is blotted out wherever the pieces of the text end', () => {
  const text = 'before secret-one between secret-one-longer, secret-oneand the end: secret'
  const wanted = 'before *** between ***, ***and the end: secret'
  for (let at = 0; at <= text.length; at += 1) {
    for (let second = at; second <= text.length; second += 7) {
      const pieces = [text.slice(0, at), text.slice(at, second), text.slice(second)]
      assert.equal(blotted(['secret-one', 'secret-one-longer'], pieces), wanted, JSON.stringify(pieces))
    }
  }
  assert.equal(blotted(['secret-one', 'secret-one-longer'], [...text]), wanted)
})

test('a secret is found in URLs, in headers and by its lines', () => {
  const token = 'to/ken+=42'
  const encoded = encodeURIComponent(token)
  assert.equal(blotted([token], [`https://x:${encoded}@git`]), 'https://x:***@git')
  for (const user of ['', 'a', 'ab', 'abc', 'x-access-token']) {
    const header = Buffer.from(`${user}:${token}`).toString('base64')
    const shown = blotted([token], [`Authorization: Basic ${header}`])
    assert.match(shown, /\*\*\*/, user)
    assert.ok(Buffer.from(shown, 'base64').indexOf(token) === -1)
  }
  assert.equal(blotted(['first-line\nsecond-line'], ['a first-line\r\nsecond-line\n']), 'a ***\r\n***\n')
})

test('what is short, or of a variable without a telling name, stays', () => {
  assert.deepEqual(secretsOfRun(null, { NODE_ENV: 'production', API_KEY: 'k-1', npm_password: 'hunter2' }), [
    'k-1',
    'hunter2',
  ])
  assert.deepEqual(secretsOfRun('t'), ['t'])
  assert.equal(blotted(['k-1'], ['k-1 is short']), 'k-1 is short')
})

test('a text without secrets passes at once', () => {
  const passed: string[] = []
  const blotter = createBlotter(['secret-one'], (text) => void passed.push(text))
  blotter.write('one\n')
  blotter.write('two se')
  assert.deepEqual(passed, ['one\n', 'two '])
  blotter.write('ven')
  assert.deepEqual(passed, ['one\n', 'two ', 'seven'])
})

test('secrets that are made to be slow to find cost no more than others', () => {
  const hard = Array.from({ length: 500 }, (_, index) => `${'a'.repeat(4000)}${index}b`)
  const before = process.cpuUsage()
  blotted(
    hard,
    Array.from({ length: 50 }, () => 'a'.repeat(16_384)),
  )
  const { user } = process.cpuUsage(before)
  assert.ok(user < 3_000_000, `${user} µs for 800 KiB`)
})
