import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createSpares, type SparesOptions } from './spares.ts'

describe('spares', () => {
  it('are made ahead after a fill, and again some time after a take', async () => {
    const maker = createMaker()
    const spares = createSpares({ ...maker, count: 2, pauseMs: 10 })
    spares.fill()
    assert.equal(maker.made.length, 0, 'not at once')
    await until(() => maker.made.length === 2)
    const taken = await spares.take()
    assert.ok(maker.made.includes(taken))
    assert.equal(maker.made.length, 2, 'taking one made none')
    await until(() => maker.made.length === 3)
    await spares.close()
    assert.deepEqual(maker.left(), [taken], 'all but the taken one are discarded')
  })

  it('are made for whoever comes while none is ready, each for one', async () => {
    const maker = createMaker()
    const spares = createSpares({ ...maker, count: 1, pauseMs: 1000 })
    const taken = await Promise.all([spares.take(), spares.take(), spares.take()])
    assert.equal(new Set(taken).size, 3)
    await spares.close()
    assert.deepEqual(maker.left().sort(), taken.sort())
  })

  it('tell a failure to who takes one, and to nobody else', async () => {
    const maker = createMaker()
    const spares = createSpares({ ...maker, count: 1, pauseMs: 1 })
    maker.failure = new Error('no room')
    await assert.rejects(spares.take(), /no room/)
    await until(() => maker.faults.length === 1)
    maker.failure = null
    const taken = await spares.take()
    await until(() => maker.made.length === 2)
    await spares.close()
    assert.deepEqual(maker.left(), [taken])
  })

  it('that are being made during a close are discarded', async () => {
    const maker = createMaker(20)
    const spares = createSpares({ ...maker, count: 2, pauseMs: 0 })
    spares.fill()
    await until(() => maker.begun === 1)
    await spares.close()
    assert.equal(maker.made.length, 1)
    assert.deepEqual(maker.left(), [])
    await sleep(30)
    assert.equal(maker.begun, 1, 'none is made any more')
  })

  it('are all discarded although one cannot be', async () => {
    const maker = createMaker()
    const spares = createSpares({
      ...maker,
      count: 3,
      pauseMs: 0,
      discard: async (thing) => {
        if (thing === 1) throw new Error('busy')
        await maker.discard(thing)
      },
    })
    spares.fill()
    await until(() => maker.made.length === 3)
    await spares.close()
    assert.deepEqual(maker.left(), [1])
    assert.deepEqual(maker.faults, ['Error: busy'])
  })

  it('of which none is wanted are never made', async () => {
    const maker = createMaker()
    const spares = createSpares({ ...maker, count: 0, pauseMs: 0 })
    spares.fill()
    await spares.take()
    await sleep(10)
    assert.equal(maker.made.length, 1)
    await spares.close()
  })
})

interface Maker extends Pick<SparesOptions<number>, 'make' | 'discard' | 'onFault'> {
  begun: number
  failure: Error | null
  readonly made: number[]
  readonly faults: string[]
  /** made and not discarded */
  left(): number[]
}

function createMaker(takesMs = 0): Maker {
  const left = new Set<number>()
  const maker: Maker = {
    begun: 0,
    failure: null,
    made: [],
    faults: [],
    left: () => [...left],
    async make() {
      const thing = maker.begun++
      await sleep(takesMs)
      if (maker.failure !== null) throw maker.failure
      maker.made.push(thing)
      left.add(thing)
      return thing
    },
    async discard(thing) {
      left.delete(thing)
    },
    onFault: (fault) => maker.faults.push(String(fault)),
  }
  return maker
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, 'it did not come to that in time')
    await sleep(1)
  }
}
