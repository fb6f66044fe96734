import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { instanceCount } from '../records/instance.ts'
import { planAddresses } from './addresses.ts'

describe('address plan', () => {
  it('cuts the default network into slices', () => {
    const plan = planAddresses('198.18.0.0/15', 0)
    assert.equal(plan.network, '198.18.0.0/21')
    assert.equal(plan.gateway, '198.18.0.1')
    assert.equal(plan.slotCount, 2045)
    assert.equal(plan.address(0), '198.18.0.2')
    assert.equal(plan.address(254), '198.18.1.0')
    assert.equal(plan.address(2044), '198.18.7.254')
    assert.equal(planAddresses('198.18.0.0/15', instanceCount - 1).network, '198.19.248.0/21')
  })

  it('goes by the network, not by the address that was written before its prefix', () => {
    assert.deepEqual(planAddresses('10.1.2.3/16', 1).network, planAddresses('10.1.0.0/16', 1).network)
  })

  it('gives platforms and slots addresses of their own, in the largest and the smallest network', () => {
    for (const network of ['198.18.0.0/15', '10.9.0.0/20', '224.0.0.0/8']) {
      const seen = new Set<string>()
      let expected = 0
      for (let index = 0; index < instanceCount; index++) {
        const plan = planAddresses(network, index)
        const slots = [0, Math.floor(plan.slotCount / 2), plan.slotCount - 1]
        const addresses = new Set([plan.gateway, plan.outlet, ...slots.map((slot) => plan.address(slot))])
        expected += addresses.size
        for (const address of addresses) seen.add(address)
        for (const address of addresses) assert.ok(isInside(address, plan.network), `${address} in ${plan.network}`)
        assert.ok(plan.slotCount >= 1)
      }
      assert.equal(seen.size, expected)
    }
  })

  it('refuses what is no network, or one that is too small', () => {
    for (const network of [
      '',
      '10.0.0.0',
      '10.0.0.0/7',
      '10.0.0.0/25',
      '10.0.0.256/16',
      '10.0.0/16',
      'fd00::/16',
      '10.0.0.0/16 ',
    ])
      assert.throws(() => planAddresses(network, 0), { code: 'BAD_REQUEST' }, network)
  })
})

function isInside(address: string, network: string): boolean {
  const [first = '', prefix = ''] = network.split('/')
  const size = 2 ** (32 - Number(prefix))
  const offset = toNumber(address) - toNumber(first)
  // The first address of a slice is nobody's.
  return offset > 0 && offset < size
}

function toNumber(address: string): number {
  return address.split('.').reduce((value, byte) => value * 256 + Number(byte), 0)
}
