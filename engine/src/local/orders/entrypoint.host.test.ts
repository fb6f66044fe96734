import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '@sandyard/protocol'
import { call, createGround, type EngineGround, execute, skipWithoutRoot, specOf, testBase } from '../engine.fixture.ts'

/** Tells where and as what it runs, counts its starts, and takes its time to end. */
const program = [
  'sh',
  '-c',
  'pwd; id -un; echo "$1|$GREETING"; echo start >> starts; trap "sleep 1; echo ended >> starts; exit 0" TERM; ' +
    'while :; do sleep 0.05; done',
  'program',
  'ä "quoted" $HOME\n',
]

interface SessionAnswer {
  readonly commands: readonly { readonly id: string; readonly exitCode?: number }[]
}

describe('the entrypoint of a snapshot', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    const base = await testBase()
    const [standard] = base.snapshots
    assert.ok(standard !== undefined)
    ground = await createGround()
    engine = await ground.open({
      snapshots: [
        ...base.snapshots,
        { ...standard, name: 'with-program', entrypoint: program },
        { ...standard, name: 'with-short-one', entrypoint: ['sh', '-c', 'echo short; exit 4'] },
      ],
    })
  })
  after(async () => {
    await engine.close()
    await ground.remove()
  })

  const ask = async (id: string, path: string): Promise<string> =>
    call(await engine.dial(id, { kind: 'agent' }), 'GET', path)
  const until = async (check: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + 10_000
    while (!(await check())) {
      assert.ok(Date.now() < deadline, `not in time: ${check}`)
      await sleep(50)
    }
  }

  it('runs beside the agent, is asked to end at a stop, and is started again', async () => {
    const spec = specOf({ snapshot: 'with-program', env: { GREETING: 'hello', SANDYARD_ENTRYPOINT: '["false"]' } })
    const { id } = spec
    await engine.create(spec)
    const expected = '\x01\x01\x01/home/daytona\ndaytona\nä "quoted" $HOME\n|hello\n'
    await until(async () => (await ask(id, '/process/session/entrypoint/logs')) === expected)
    const { commands } = JSON.parse(await ask(id, '/process/session/entrypoint')) as SessionAnswer
    assert.equal(commands[0]?.id, 'entrypoint_command')
    assert.equal(commands[0]?.exitCode, undefined)
    await engine.stop(id, { graceMs: 10_000 })
    await engine.start(id)
    await until(async () => (await execute(engine, id, 'cat starts')).result === 'start\nended\nstart\n')
    await engine.destroy(id)
  })

  it('may end: the sandbox goes on, and knows how it ended', async () => {
    const spec = specOf({ snapshot: 'with-short-one' })
    await engine.create(spec)
    const session = async () => JSON.parse(await ask(spec.id, '/process/session/entrypoint')) as SessionAnswer
    await until(async () => (await session()).commands[0]?.exitCode === 4)
    assert.equal(await ask(spec.id, '/process/session/entrypoint/logs'), '\x01\x01\x01short\n')
    assert.equal((await execute(engine, spec.id, 'echo on')).result, 'on\n')
    await engine.destroy(spec.id)
  })

  it('is none in a snapshot without one, whatever the sandbox is given', async () => {
    const spec = specOf({ env: { SANDYARD_ENTRYPOINT: '["touch","/tmp/ran"]' } })
    await engine.create(spec)
    assert.match(await ask(spec.id, '/process/session/entrypoint'), /PROCESS_NOT_FOUND/)
    assert.equal((await execute(engine, spec.id, 'test -e /tmp/ran')).exitCode, 1)
    await engine.destroy(spec.id)
  })
})
