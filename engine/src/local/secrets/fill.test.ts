import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CannotFill, fill, hasPlaceholder } from './fill.ts'

const token = { placeholder: 'placeholder-one', value: 'v4lue/+ &' }
const longer = { placeholder: 'placeholder-one-more', value: 'second' }
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

function filled(target: string, headers: readonly string[] = [], fillings = [token, longer]) {
  return fill({ target, headers }, fillings)
}

describe('values in the place of placeholders', () => {
  it('stand in header values, as often as they are named, the longest name first', () => {
    const headers = ['X-Key', 'placeholder-one', 'Cookie', 'a=placeholder-one; b=placeholder-one-more', 'X', 'other']
    assert.deepEqual(filled('/', headers).headers, [
      'X-Key',
      token.value,
      'Cookie',
      `a=${token.value}; b=second`,
      'X',
      'other',
    ])
  })

  it('stand in the query, encoded, and never in the path or a header’s name', () => {
    const { target, headers } = filled('/placeholder-one?a=placeholder-one&placeholder-one', ['placeholder-one', 'x'])
    assert.equal(target, '/placeholder-one?a=v4lue%2F%2B%20%26&v4lue%2F%2B%20%26')
    assert.deepEqual(headers, ['placeholder-one', 'x'])
    const odd = { placeholder: 'place holder/1', value: '*' }
    assert.equal(filled('/?a=place%20holder%2F1', [], [odd]).target, '/?a=%2A')
  })

  it('stand in user and password of Basic, and in no other base64', () => {
    const value = basic('me:placeholder-one')
    assert.deepEqual(filled('/', ['authorization', value, 'X', value]).headers, [
      'authorization',
      basic(`me:${token.value}`),
      'X',
      value,
    ])
    const user = filled('/', ['Authorization', basic('placeholder-one:x')]).headers[1]
    assert.equal(user, basic(`${token.value}:x`))
    const bytes = Buffer.from([0xff, 0xfe]).toString('latin1')
    const odd = `basic ${Buffer.from(`${bytes}:placeholder-one`, 'latin1').toString('base64')}`
    const out = Buffer.from(filled('/', ['Authorization', odd]).headers[1]?.slice(6) ?? '', 'base64').toString('latin1')
    assert.equal(out, `${bytes}:${token.value}`)
    for (const same of [basic('me:other'), 'Basic !!!', 'Basic ', 'Bearer abc', 'Basic YQ']) {
      assert.equal(filled('/', ['Authorization', same]).headers[1], same)
    }
    assert.equal(filled('/', ['Authorization', 'Bearer placeholder-one']).headers[1], `Bearer ${token.value}`)
  })

  it('are put in once: a value that names another placeholder is a value', () => {
    const nested = { placeholder: 'placeholder-one', value: 'placeholder-one-more $& $1' }
    assert.equal(filled('/', ['X', 'placeholder-one'], [nested, longer]).headers[1], 'placeholder-one-more $& $1')
  })

  it('go as UTF-8, and not at all when they could end a header', () => {
    const accent = { placeholder: 'placeholder-one', value: 'é€' }
    assert.equal(filled('/', ['X', 'placeholder-one'], [accent]).headers[1], Buffer.from('é€').toString('latin1'))
    assert.equal(filled('/?k=placeholder-one', [], [accent]).target, '/?k=%C3%A9%E2%82%AC')
    for (const value of ['a\r\nX: y', 'a\n', '\0', 'a\x7f']) {
      const bad = { placeholder: 'placeholder-one', value }
      assert.throws(() => filled('/', ['X', 'placeholder-one'], [bad]), CannotFill)
      assert.doesNotMatch(filled('/?k=placeholder-one', [], [bad]).target, /[\r\n\0\x7f]/)
      assert.doesNotThrow(() => filled('/', ['X', 'other'], [bad]))
    }
  })

  it('do not make a request larger than is taken', () => {
    const large = { placeholder: 'placeholder-one', value: 'x'.repeat(40_000) }
    assert.throws(() => filled('/', ['X', 'placeholder-one '.repeat(4)], [large]), CannotFill)
  })

  it('are asked for only when they are named where they would be put in', () => {
    const has = (target: string, headers: readonly string[] = []) =>
      hasPlaceholder({ target, headers }, ['placeholder-one'])
    assert.ok(
      has('/?a=placeholder-one') &&
        has('/', ['X', 'a placeholder-one']) &&
        has('/', ['Authorization', basic('a:placeholder-one')]),
    )
    assert.ok(
      !has('/placeholder-one') && !has('/', ['placeholder-one', 'X']) && !has('/', ['X', basic('a:placeholder-one')]),
    )
    assert.ok(!hasPlaceholder({ target: '/?a', headers: [] }, ['', 'a']), 'what is too short is none')
  })
})
