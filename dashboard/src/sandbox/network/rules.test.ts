import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowing, asRange, entriesOf, faultOf, type NetworkRules, rulesOf, toSettings } from './rules.ts'

const closed: NetworkRules = { mode: 'closed', addresses: [], names: [], deniedAddresses: [], deniedNames: [] }
const refusal = { protocol: 'tcp', count: 1, lastAt: '2030-01-01T00:00:00Z', reason: 'not-allowed' } as const

test('rules are what the settings say, and the other way round', () => {
  assert.equal(rulesOf({ networkBlockAll: false }).mode, 'open')
  assert.deepEqual(rulesOf({ networkBlockAll: true }), closed)
  const listed = rulesOf({
    networkBlockAll: false,
    domainAllowList: 'a.example, *.b.example',
    networkDenyList: '192.0.2.0/24',
  })
  assert.deepEqual(listed, {
    mode: 'listed',
    addresses: [],
    names: ['a.example', '*.b.example'],
    deniedAddresses: ['192.0.2.0/24'],
    deniedNames: [],
  })
  assert.deepEqual(toSettings(listed), {
    networkBlockAll: false,
    networkAllowList: '',
    domainAllowList: 'a.example,*.b.example',
    networkDenyList: '192.0.2.0/24',
    domainDenyList: '',
  })
  assert.deepEqual(toSettings(closed), { networkBlockAll: true, networkDenyList: '', domainDenyList: '' })
})

test('an empty list is not saved: to the platform it is no list, and all would be open', () => {
  assert.notEqual(faultOf({ ...closed, mode: 'listed' }), null)
  assert.equal(faultOf({ ...closed, mode: 'listed', names: ['a.example'] }), null)
  assert.notEqual(
    faultOf({ ...closed, mode: 'listed', names: Array.from({ length: 11 }, (_, at) => `${at}.example`) }),
    null,
  )
})

test('what is typed is taken apart, an address stands for itself', () => {
  assert.deepEqual(entriesOf(' a.example,\n\nb.example  a.example'), ['a.example', 'b.example'])
  assert.deepEqual(['192.0.2.1', '192.0.2.0/24', 'a.example'].map(asRange), [
    '192.0.2.1/32',
    '192.0.2.0/24',
    'a.example',
  ])
})

test('what was refused is let in by its kind, and all else stays as it is', () => {
  assert.deepEqual(allowing(closed, { ...refusal, kind: 'connection', target: '192.0.2.1', port: 443 }), {
    ...closed,
    mode: 'listed',
    addresses: ['192.0.2.1/32'],
  })
  const named = { ...refusal, kind: 'name', target: 'a.example.' } as const
  const allowed = allowing(closed, named)
  assert.deepEqual(allowed?.names, ['a.example'])
  assert.equal(allowing(allowed ?? closed, named), null, 'it is there already')
  assert.equal(allowing({ ...closed, mode: 'open' }, named), null)
  assert.equal(allowing(closed, { ...named, reason: 'private-address' }), null, 'no rule opens these')
})
