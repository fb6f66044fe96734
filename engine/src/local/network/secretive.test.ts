import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { NetworkRules, SecretUse } from '@sandyard/protocol'
import { createLayout } from '../layout.ts'
import { planAddresses } from './addresses.ts'
import type { Answered } from './ask.ts'
import { secretSet } from './own-rules.ts'
import { createPlaces, type Places } from './places.ts'

const plan = planAddresses('198.18.0.0/15', 0)
const open: NetworkRules = { blockAll: false, allowList: null }
const secret = (...hosts: readonly string[]): SecretUse => ({ env: 'KEY', placeholder: `for-${hosts.join()}`, hosts })

describe('places of sandboxes with secrets', () => {
  let written: string[]
  let places: Places

  beforeEach(async () => {
    written = []
    places = createPlaces({
      layout: createLayout('/nowhere', 0),
      plan,
      openRanges: [],
      log: { warn() {} },
      clock: Date.now,
      writer: { write: async (lines) => void written.push(...lines) },
    })
    await places.restore([])
    written.length = 0
  })

  const enter = (secrets: readonly SecretUse[], network = open) =>
    places.enter({ slot: 3, spec: { id: 'one', network, secrets } })
  const who = async () => (await places.secretiveAt(plan.address(3))) ?? assert.fail('it has secrets')
  const lead = (address: string): Answered => ({
    response: {
      outcome: 0,
      isTruncated: false,
      leads: [{ kind: 'address', name: 'api.test', ttl: 60, address }],
    },
    message: Buffer.alloc(0),
  })

  it('cost nothing where there are none', async () => {
    await enter([])
    await places.changeSecrets(3, [])
    assert.deepEqual(written, [])
    assert.equal(await places.secretiveAt(plan.address(3)), undefined)
    assert.equal(await places.rulesOf(plan.address(3)), undefined, 'its queries pass as they are')
  })

  it('tell when they leave, also those that have secrets no more: connections are left of before', async () => {
    const told: string[] = []
    places.onChange((address) => void told.push(address))
    await enter([secret('api.test')])
    await places.changeSecrets(3, [])
    told.length = 0
    await places.leave(3)
    assert.deepEqual(told, [plan.address(3)])
  })

  it('have addresses of their hosts taken, and of no others', async () => {
    await enter([secret('api.test', '*.wild.test')])
    assert.ok(written.some((line) => line.includes('goto to-secrets')))
    const rules = (await places.rulesOf(plan.address(3))) ?? assert.fail('its queries are looked at')
    for (const name of ['api.test', 'a.wild.test']) assert.ok(rules.isSecretHost(name))
    for (const name of ['wild.test', 'test', 'xapi.test']) assert.ok(!rules.isSecretHost(name))
    await rules.open('api.test', ['192.0.2.1'])
    await rules.open('other.test', ['192.0.2.2'])
    const added = written.filter((line) => line.startsWith('add element') && line.includes(secretSet('syd0-3')))
    assert.ok(added.length > 0 && added.every((line) => line.includes('192.0.2.1')))
    await places.changeSecrets(3, [])
    assert.ok(written.includes(`delete set inet sandyard-syd0 ${secretSet('syd0-3')}`))
    assert.equal(await places.secretiveAt(plan.address(3)), undefined)
  })

  it('are as they are at each call, and nothing once they have left', async () => {
    await enter([secret('api.test'), secret('*.test')])
    const one = await who()
    assert.deepEqual(one.placeholdersOf('api.test'), ['for-api.test', 'for-*.test'])
    assert.ok(one.mayAsk('api.test') && one.mayReach('api.test', '192.0.2.1'))
    await places.changeSecrets(3, [secret('b.test')])
    assert.ok(!one.isSecretHost('api.test') && one.placeholdersOf('api.test').length === 0)
    await places.change(3, { ...open, domains: ['b.test'] })
    assert.ok(one.mayAsk('b.test') && !one.mayAsk('api.test') && !one.mayReach('api.test', '192.0.2.1'))
    await places.leave(3)
    await enter([secret('b.test')])
    assert.ok(!one.mayAsk('b.test') && !one.mayReach('b.test', '192.0.2.1'))
    assert.ok((await who()).mayReach('b.test', '192.0.2.1'))
  })

  it('ask for names within the bounds of their queries', async () => {
    await enter([secret('api.test')], { ...open, allowList: ['192.0.2.0/24'] })
    const one = await who()
    assert.deepEqual(await one.addressesOf('api.test', async () => lead('192.0.2.1')), ['192.0.2.1'])
    let asked = 0
    const results: unknown[] = []
    for (let index = 0; index < 1000; index++) {
      results.push(
        await one.addressesOf(`data-${index}.evil.test`, async () => {
          asked += 1
          return undefined
        }),
      )
    }
    assert.ok(asked > 10 && asked < 500, `${asked} were asked for`)
    assert.ok(results.includes(null))
    await places.change(3, { ...open, domains: [] })
    assert.equal(await one.addressesOf('api.test', async () => assert.fail('it is not asked')), null)
  })

  it('tell whoever serves them of every change', async () => {
    const told: string[] = []
    places.onChange((address) => told.push(address))
    await enter([secret('api.test')])
    await places.changeSecrets(3, [secret('b.test')])
    await places.change(3, { ...open, blockAll: true })
    await places.leave(3)
    assert.deepEqual(told, [plan.address(3), plan.address(3), plan.address(3)])
  })
})
