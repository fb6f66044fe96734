import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type GitServer, startGitServer } from '../../../test/fixtures/git-server.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import type { EnvironmentRecord } from './records.ts'
import { layStepGround, type StepGround, type TestRun } from './steps/steps.fixture.ts'

const app = `
console.log('up')
require('node:http').createServer((request, response) => {
  if (request.url === '/crash') { console.error('it broke ' + process.env.API_KEY); process.exit(4) }
  response.end('here')
}).listen(process.env.PORT)
`

describe('what keeps previews serving', () => {
  let ground: StepGround
  let git: GitServer
  let keeper: Keeper
  let run: TestRun
  let url: string
  const failed: string[] = []

  before(async () => {
    ground = await layStepGround()
    git = await startGitServer({ repositories: [{ name: 'a/app.git', files: { 'app.js': app } }] })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    url = `http://127.0.0.1:${port}`
    run = ground.run({
      repository: git.url('a/app.git'),
      settings: { port, start: 'exec node app.js', env: { API_KEY: 'nobody reads this' } },
    })
    await run.steps('sandbox', 'clone', 'detect', 'start', 'ready')
    run.environment = { ...run.environment, status: 'ready' }
    keeper = createKeeper({
      environments: { bySandbox: async () => run.environment, serving: async () => [run.environment] },
      projects: { byId: async () => run.project },
      async degrade(environment: EnvironmentRecord, error: string) {
        run.environment = { ...environment, status: 'failed', error }
        failed.push(error)
      },
      sandboxParts: ground.parts,
      feed: ground.feeds.feed,
      log: ground.parts.log,
    })
  })
  after(async () => {
    await keeper.close()
    await ground[Symbol.asyncDispose]()
    await git.close()
  })

  const answers = async (): Promise<boolean> => {
    try {
      return (await (await fetch(url)).text()) === 'here'
    } catch {
      return false
    }
  }
  async function until(what: () => boolean | Promise<boolean>): Promise<void> {
    const endMs = performance.now() + 10_000
    while (!(await what())) {
      assert.ok(performance.now() < endMs, String(what))
      await pause(30)
    }
  }

  it('leave alone what serves', async () => {
    const pids = async () => (await ground.agent.run("pgrep -f '[n]ode app.js'")).result
    const served = await pids()
    await keeper.round()
    assert.equal(await pids(), served)
  })

  it('start it when its sandbox was started again, and know that until it answers', async () => {
    const sandbox = await ground.store.sandboxes.byId(run.environment.sandboxId ?? '')
    assert.ok(sandbox !== undefined)
    const port = Number(new URL(url).port)
    await ground.agent.call('DELETE', '/process/session/preview')
    await until(async () => !(await answers()))
    assert.equal(keeper.isComing(sandbox.id, port), false)
    ground.feeds.feed.publish({ before: { ...sandbox, state: 'starting' }, after: sandbox })
    assert.equal(keeper.isComing(sandbox.id, port), true, 'at once')
    await until(answers)
    assert.equal(keeper.isComing(sandbox.id, port + 1), false)
    await until(() => !keeper.isComing(sandbox.id, port))
  })

  it('start what has crashed, three times, and tell then why it fails', async () => {
    for (let count = 1; count <= 4; count++) {
      await until(answers)
      await fetch(`${url}/crash`).catch(() => undefined)
      await until(async () => {
        await keeper.round()
        return failed.length > 0 || (await answers())
      })
      assert.equal(failed.length, count === 4 ? 1 : 0)
    }
    assert.match(
      failed[0] ?? '',
      /crashed 4 times: "exec node app.js" ended with exit code 4\. It said last: up\nit broke \*\*\*$/,
    )
    await keeper.round()
    assert.equal(await answers(), false, 'what has failed is left alone')
  })
})
