import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { layStepGround, type StepGround } from './steps.fixture.ts'

/** What code of the branch, which has taken the agent's place, answers by paths. */
type Lies = Readonly<Record<string, unknown>>

const honest: Lies = {
  '/work-dir': { dir: '/home/somebody' },
  '/process/session': [],
  '/process/execute': { exitCode: 0, result: '' },
}
const commitOf = (hash: string) => [
  { hash, author: 'a', email: 'a@b', message: 'm', timestamp: '2026-01-01T00:00:00Z' },
]

describe('steps whose agent lies', () => {
  let ground: StepGround
  let server: Server
  let lies: Lies = honest
  const wanted = 'a'.repeat(40)

  before(async () => {
    ground = await layStepGround()
    server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://agent')
      request.resume().on('end', () => response.end(JSON.stringify(lies[pathname] ?? {})))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    ground.dial = async () => connect(port, '127.0.0.1')
  })
  after(async () => {
    server.close()
    await ground[Symbol.asyncDispose]()
  })

  it('have the commit that was asked for, or fail: no other one is told to be good', async () => {
    const run = ground.run({}, { wantedCommit: wanted })
    await run.step('sandbox')
    lies = { ...honest, '/git/history': commitOf('b'.repeat(40)) }
    await assert.rejects(run.step('clone'), { name: 'FinalFailure', message: /another commit/ })
    lies = { ...honest, '/git/history': commitOf(wanted) }
    await run.step('clone')
    assert.equal(run.environment.commit, wanted)
  })

  it('take no branch for the own one that git would take for an option', async () => {
    for (const current of ['--upload-pack=x', '-b', 'a..b', '', 'x'.repeat(251), 'a b', 'a\nb']) {
      const run = ground.run({}, { branch: '' })
      await run.step('sandbox')
      lies = { ...honest, '/git/history': commitOf(wanted), '/git/branches': { branches: [], current } }
      await assert.rejects(run.step('clone'), { name: 'FinalFailure', message: /no usable branch/ }, current)
    }
  })
})
