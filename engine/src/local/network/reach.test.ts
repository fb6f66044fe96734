import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkRules } from '@sandyard/protocol'
import { namePolicy } from './name-policy.ts'
import { createReach } from './reach.ts'

const outside = '203.0.113.7'

describe('what is connected to for a sandbox', () => {
  const reach = createReach(['10.9.0.0/16', '198.18.0.0/15'], '198.18.0.0/15')
  const may = (address: string, change: Partial<NetworkRules> = {}, name = 'api.test'): boolean => {
    const rules: NetworkRules = { blockAll: false, allowList: null, ...change }
    return reach.mayReach(rules, namePolicy(rules), { name, address })
  }

  it('is public, or private and open, and never a sandbox', () => {
    assert.ok(may(outside) && may('10.9.1.1'))
    for (const address of ['10.8.1.1', '127.0.0.1', '169.254.169.254', '192.168.1.1', '0.0.0.0', '198.18.0.2']) {
      assert.ok(!may(address), address)
    }
  })

  it('is in the list of networks or behind an allowed name, when there are lists', () => {
    assert.ok(may(outside, { allowList: ['203.0.113.0/24'] }))
    assert.ok(!may(outside, { allowList: ['203.0.112.0/24'] }) && !may(outside, { allowList: [] }))
    assert.ok(may(outside, { domains: ['api.test'] }) && !may(outside, { domains: ['*.api.test'] }))
    assert.ok(may(outside, { domains: [], allowList: ['203.0.113.7'] }))
    assert.ok(!may('10.8.1.1', { allowList: ['10.8.0.0/16'] }), 'a list opens nothing private')
    assert.ok(!may('10.8.1.1', { domains: ['api.test'] }), 'nor does a name')
  })

  it('is nothing that is denied, by its network or by its name', () => {
    const lists = { allowList: ['203.0.113.0/24'], domains: ['*.test'] }
    for (const allowed of [{}, lists]) {
      assert.ok(may(outside, { ...allowed, denyList: ['203.0.114.0/24'], denyDomains: ['*.api.test'] }))
      assert.ok(!may(outside, { ...allowed, denyList: ['203.0.113.7/32'] }))
      assert.ok(!may(outside, { ...allowed, denyDomains: ['api.test'] }))
    }
  })

  it('is nothing when all is blocked', () => {
    assert.ok(!may(outside, { blockAll: true, allowList: ['0.0.0.0/0'], domains: ['api.test'] }))
  })
})
