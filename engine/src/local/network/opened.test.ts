import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createDomainRules } from './domains.ts'
import { createOpened } from './opened.ts'
import { mostOpen, openSeconds } from './own-rules.ts'
import { createRuleWriter } from './rule-writer.ts'

/** A firewall that takes its time and can refuse. */
function slowFirewall() {
  const runs: { lines: string[]; end(fault?: Error): void }[] = []
  const writer = createRuleWriter((input) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    runs.push({ lines: input.split('\n'), end: (fault) => (fault === undefined ? resolve() : reject(fault)) })
    return promise
  })
  return { runs, writer }
}

/** Whether a promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  for (let count = 0; count < 5; count++) await turn()
  return settled
}

describe('writing rules', () => {
  it('is one transaction after the other, and what waits shares the next', async () => {
    const { runs, writer } = slowFirewall()
    const first = writer.write(['a'])
    const others = [writer.write(['b']), writer.write(['c'])]
    await turn()
    assert.deepEqual(
      runs.map(({ lines }) => lines),
      [['a']],
    )
    runs[0]?.end()
    await first
    await turn()
    assert.deepEqual(runs[1]?.lines, ['b', 'c'])
    runs[1]?.end()
    await Promise.all(others)
  })

  it('that fails for one holds for the others, in their order', async () => {
    const applied: string[] = []
    const writer = createRuleWriter(async (input) => {
      if (input.includes('wrong')) throw new Error('no such thing')
      applied.push(input)
    })
    const outcomes = await Promise.allSettled(['a', 'b', 'wrong', 'c'].map((line) => writer.write([line])))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    )
    assert.deepEqual(applied, ['a', 'b', 'c'])
    await writer.write(['d'])
    assert.equal(applied.at(-1), 'd')
  })
})

describe('addresses that names open', () => {
  const make = (nowMs = { value: 0 }) => {
    const firewall = slowFirewall()
    const opened = createOpened({ table: 't', set: 'open-x', writer: firewall.writer, clock: () => nowMs.value })
    return { ...firewall, opened, nowMs }
  }

  it('are open for everybody who was told of them, also while they are being opened', async () => {
    const { opened, runs } = make()
    const first = opened.open('a.test', ['192.0.2.1'])
    const second = opened.open('b.test', ['192.0.2.1'])
    assert.equal(await isSettled(second), false)
    runs[0]?.end()
    await Promise.all([first, second])
    await opened.open('a.test', ['192.0.2.1'])
    assert.equal(runs.length, 1, 'what is open needs no transaction')
    // It stays while one of its names is allowed.
    assert.deepEqual(opened.keep(createDomainRules(['b.test'])), ['192.0.2.1'])
    assert.deepEqual(opened.keep(createDomainRules(['c.test'])), [])
  })

  it('are opened anew long before they close', async () => {
    const { opened, runs, nowMs } = make()
    const opening = opened.open('a.test', ['192.0.2.1'])
    runs[0]?.end()
    await opening
    nowMs.value = (openSeconds * 1000) / 2 - 1
    await opened.open('a.test', ['192.0.2.1'])
    assert.equal(runs.length, 1)
    nowMs.value += 1
    const again = opened.open('a.test', ['192.0.2.1'])
    assert.equal(runs.length, 2)
    runs[1]?.end()
    await again
  })

  it('that could not be opened are told so to all who wait, and tried again', async () => {
    const { opened, runs } = make()
    const waits = [opened.open('a.test', ['192.0.2.1']), opened.open('b.test', ['192.0.2.1'])]
    const outcomes = Promise.allSettled(waits)
    runs[0]?.end(new Error('the set is full'))
    assert.deepEqual(
      (await outcomes).map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    const again = opened.open('a.test', ['192.0.2.1'])
    assert.equal(runs.length, 2)
    runs[1]?.end()
    await again
  })

  it('are so many at most: those nobody was told of for longest are closed', async () => {
    const closed: string[] = []
    const writer = createRuleWriter(async (input) => {
      const lines = input.split('\n')
      for (const [, text = ''] of input.matchAll(/^delete element inet t open-x \{ (.*) \}$/gm)) {
        if (
          !lines.some(
            (line, index) =>
              line === `add element inet t open-x { ${text} }` &&
              index > lines.indexOf(`delete element inet t open-x { ${text} }`),
          )
        ) {
          closed.push(...text.split(', '))
        }
      }
    })
    const opened = createOpened({ table: 't', set: 'open-x', writer, clock: () => 0 })
    const address = (index: number) => `192.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
    for (let index = 0; index < mostOpen; index++) void opened.open('a.test', [address(index)])
    await opened.open('a.test', [address(0)])
    assert.deepEqual(closed, [])
    await opened.open('b.test', [address(mostOpen), address(mostOpen + 1)])
    assert.deepEqual(closed, [address(1), address(2)], 'the first one was told of again')
    assert.equal(opened.keep(createDomainRules(['a.test', 'b.test'])).length, mostOpen)
  })
})
