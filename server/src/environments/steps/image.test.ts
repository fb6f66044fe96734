import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { SnapshotOrder } from '@sandyard/protocol'
import { type GitServer, startGitServer } from '../../../../test/fixtures/git-server.ts'
import { layStepGround, registryLogin, type StepGround } from './steps.fixture.ts'

describe('Dockerfiles of pull requests', () => {
  let ground: StepGround
  let git: GitServer
  const orders: SnapshotOrder[] = []

  before(async () => {
    ground = await layStepGround()
    const files = { Dockerfile: `FROM ${registryLogin.registry}/secret/app\nCMD ["serve", "/"]\n` }
    git = await startGitServer({
      repositories: [
        { name: 'a/app.git', files },
        { name: 'eve/app.git', files },
      ],
    })
    const { makeSnapshot } = ground.engine
    ground.engine.makeSnapshot = (order, tell) => {
      orders.push(order)
      return makeSnapshot(order, tell)
    }
  })
  after(async () => {
    await ground[Symbol.asyncDispose]()
    await git.close()
  })

  const build = async (headRepository: string): Promise<SnapshotOrder | undefined> => {
    const run = ground.run({ repository: git.url('a/app.git') }, { headRepository })
    await run.steps('sandbox', 'clone', 'detect', 'build')
    return orders.at(-1)
  }

  it('of a fork get no login of the organization, nor what was built with one from the same text', async () => {
    const own = await build('')
    assert.deepEqual(own?.logins, [registryLogin])
    const fork = await build(git.url('eve/app.git'))
    assert.equal(orders.length, 2, 'what was built for the branch is not used for the fork')
    assert.deepEqual(fork?.logins, [])
    assert.notEqual(fork?.scope, own?.scope)
    assert.deepEqual(fork?.source, own?.source)
  })

  it('of a fork take little of the room for build contexts', async () => {
    const ends = async (headRepository: string) => {
      const run = ground.run({ repository: git.url('a/app.git') }, { headRepository })
      await run.steps('sandbox', 'clone', 'detect')
      await ground.agent.run('truncate -s 300M project/large')
      await run.step('build')
    }
    await ends('')
    await assert.rejects(ends(git.url('eve/app.git')), { name: 'FinalFailure', message: /more than 268435456 bytes/ })
  })
})
