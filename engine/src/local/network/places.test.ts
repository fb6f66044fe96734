import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLayout } from '../layout.ts'
import { planAddresses } from './addresses.ts'
import { answer } from './answer.ts'
import type { Answered } from './ask.ts'
import { formatQuery, outcomes, recordTypes } from './dns-message.ts'
import { createPlaces } from './places.ts'

test('an answer that comes when its sandbox has left opens nothing to the one that has its slot then', async () => {
  const plan = planAddresses('198.18.0.0/15', 0)
  const written: string[] = []
  const places = createPlaces({
    layout: createLayout('/nowhere', 0),
    plan,
    openRanges: [],
    log: { warn() {} },
    clock: Date.now,
    writer: { write: async (lines) => void written.push(...lines) },
  })
  const enter = (id: string, domain: string) =>
    places.enter({ slot: 3, spec: { id, network: { blockAll: false, allowList: null, domains: [domain] } } })
  await places.restore([])
  await enter('one', 'one.test')
  const rules = (await places.rulesOf(plan.address(3))) ?? assert.fail('it has rules')
  const lead = { kind: 'address', name: 'one.test', ttl: 60, address: '203.0.113.7' } as const
  const answered: Answered = {
    response: { outcome: outcomes.good, isTruncated: false, leads: [lead] },
    message: Buffer.alloc(12),
  }
  const asked = Promise.withResolvers<Answered>()
  const query = formatQuery({ id: 1, name: 'one.test', type: recordTypes.A })
  const answering = answer(rules, query, null, () => asked.promise)
  await places.leave(3)
  await enter('two', 'two.test')
  asked.resolve(answered)
  const reply = await answering
  assert.ok(reply instanceof Buffer)
  assert.equal(reply.readUInt16BE(6), 0, 'it tells of no address')
  assert.ok(!written.some((line) => line.includes(lead.address)))
})
