import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Reply, startAgent, type TestAgent, until } from '../agent.fixture.ts'

const apart = { 'x-daytona-sdk-version': '0.218.0' }

describe('a command that is killed', () => {
  let agent: TestAgent
  let counter = 0
  before(async () => {
    agent = await startAgent()
  })
  after(() => agent[Symbol.asyncDispose]())

  const session = async (): Promise<string> => {
    const sessionId = `k${counter++}`
    assert.equal((await agent.call('POST', '/process/session', { sessionId })).status, 201)
    return sessionId
  }
  const exec = (id: string, command: string, more: object = {}): Promise<Reply> =>
    agent.call('POST', `/process/session/${id}/exec`, { command, ...more }, apart)
  const start = async (id: string, command: string): Promise<string> =>
    (await exec(id, command, { runAsync: true })).json.cmdId
  const status = async (id: string, cmd: string) =>
    (await agent.call('GET', `/process/session/${id}/command/${cmd}`)).json
  const kill = (id: string, cmd: string): Promise<Reply> =>
    agent.call('DELETE', `/process/session/${id}/command/${cmd}`)
  const log = async (id: string, cmd: string) =>
    (await agent.call('GET', `/process/session/${id}/command/${cmd}/logs`, undefined, apart)).json
  const pidsIn = async (id: string, cmd: string, count: number): Promise<number[]> => {
    let pids: number[] = []
    await until(async () => {
      pids = (await log(id, cmd)).stdout.split('\n').filter(Boolean).map(Number)
      return pids.length === count
    })
    return pids
  }

  it('ends with all it started; the shell keeps its variables', async () => {
    const id = await session()
    await exec(id, 'A=kept; cd /tmp')
    const cmd = await start(id, 'sleep 100 >/dev/null 2>&1 & echo $!; (setsid sleep 100 & echo $!; wait)')
    const pids = await pidsIn(id, cmd, 2)
    assert.equal((await kill(id, cmd)).status, 204)
    assert.deepEqual(pids.filter(isAlive), [])
    assert.equal(typeof (await status(id, cmd)).exitCode, 'number')
    assert.equal((await exec(id, 'echo $A; pwd')).json.stdout, 'kept\n/tmp\n')
  })

  it('tells 143, its log stays, and later commands have their turn', async () => {
    const id = await session()
    const cmd = await start(id, 'echo $$; exec 3>&1; sh -c "exec sleep 100"')
    await pidsIn(id, cmd, 1)
    const next = await start(id, 'echo next')
    assert.equal((await kill(id, cmd)).status, 204)
    assert.equal((await status(id, cmd)).exitCode, 143)
    await until(async () => (await status(id, next)).exitCode === 0)
    assert.equal((await log(id, next)).stdout, 'next\n')
  })

  it('leaves alone what earlier commands have in the background, and what these start meanwhile', async () => {
    const id = await session()
    const earlier = await start(id, '(while :; do sleep 0.05 & wait; done) & echo $!')
    const [pid = 0] = await pidsIn(id, earlier, 1)
    const cmd = await start(id, 'sleep 100 & echo $!; wait $!')
    const [own = 0] = await pidsIn(id, cmd, 1)
    assert.equal((await kill(id, cmd)).status, 204)
    assert.deepEqual([isAlive(own), isAlive(pid)], [false, true])
  })

  it('ends also when it ignores SIGTERM, was stopped, or reads its input', async () => {
    const id = await session()
    const deaf = await start(id, `sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done'`)
    const [pid = 0] = await pidsIn(id, deaf, 1)
    assert.equal((await kill(id, deaf)).status, 204)
    assert.deepEqual([isAlive(pid), (await status(id, deaf)).exitCode], [false, 137])
    const twice = await start(id, `sh -c 'echo $$; sleep 100'`)
    await pidsIn(id, twice, 1)
    const replies = await Promise.all([kill(id, twice), kill(id, twice), kill(id, twice)])
    assert.deepEqual(
      replies.map(({ status }) => status),
      [204, 204, 204],
    )
    const stopped = await start(id, `sh -c 'echo $$; kill -STOP $$; sleep 100'`)
    await pidsIn(id, stopped, 1)
    assert.equal((await kill(id, stopped)).status, 204)
    const reading = await start(id, 'read line; echo "read $?"')
    await delay(100)
    assert.equal((await kill(id, reading)).status, 204)
    assert.equal((await log(id, reading)).stdout, 'read 1\n')
  })

  it('is left alone when it has ended, and does not begin when it still waits', async () => {
    const id = await session()
    const done = await exec(id, 'exit_code() { return 3; }; exit_code')
    assert.equal((await kill(id, done.json.cmdId)).status, 204)
    assert.equal((await status(id, done.json.cmdId)).exitCode, 3)
    const first = await start(id, 'sleep 0.5')
    const file = `/tmp/killed-before-it-began-${process.pid}`
    const waiting = exec(id, `touch ${file}`)
    const last = await start(id, 'echo last')
    const listed = (await agent.call('GET', `/process/session/${id}`)).json.commands as {
      id: string
      command: string
    }[]
    const waits = listed.find(({ command }) => command.startsWith('touch'))
    assert.ok(waits)
    assert.equal((await kill(id, waits.id)).status, 204)
    const reply = await waiting
    assert.deepEqual([reply.status, /killed before it began/.test(reply.json.message)], [400, true])
    await until(async () => (await status(id, last)).exitCode === 0)
    assert.deepEqual([(await status(id, first)).exitCode, (await status(id, waits.id)).exitCode], [0, -1])
    assert.equal(existsSync(file), false)
  })

  it('ends what it left in the background and that ignores SIGTERM', async () => {
    const id = await session()
    const text = `sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done' & sleep 100`
    const cmd = await start(id, text)
    const [pid = 0] = await pidsIn(id, cmd, 1)
    assert.equal((await kill(id, cmd)).status, 204)
    assert.equal(isAlive(pid), false)
  })

  it('tells when the shell itself goes on', async () => {
    const id = await session()
    const loop = await start(id, 'while :; do sleep 0.2; done')
    const reply = await kill(id, loop)
    assert.deepEqual([reply.status, /loop of the shell/.test(reply.json.message)], [409, true])
    assert.equal((await status(id, loop)).exitCode, undefined)
    assert.equal((await agent.call('DELETE', `/process/session/${id}`)).status, 204)
  })
})

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
}
