import assert from 'node:assert/strict'
import { createHmac, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { githubPull } from '../../server/src/testing/git-hooks.ts'
import { openGitHost } from '../../server/src/testing/git-host.ts'
import { filesOfApp, sayInApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { layGround } from '../fixtures/ground.ts'
import { openOutside } from '../fixtures/outside.ts'
import { startGitOutside } from '../fixtures/outside-git.ts'
import { startTestPlatform } from '../fixtures/platform.ts'
import { visit } from '../fixtures/visit.ts'
import { ask, type PreviewState, sandboxes } from './ground.ts'

/** A pull request from its opening to its end, on a real platform: its webhooks, its preview and its comment. */
const ground = await layGround(async (ground) => {
  const outside = await openOutside()
  ground.defer(() => outside.close())
  const files = filesOfApp('static')
  const git = await startGitOutside(outside, [{ name: 'acme/shop.git', files }], ['--allow-anonymous-push'])
  const host = ground.use(await openGitHost())
  const platform = await startTestPlatform(['--webhook-allow', '127.0.0.1'])
  ground.defer(() => platform.remove())
  const repository = `${git}acme/shop.git`
  const project = await ask<{ id: string; webhookSecret: string }>(platform, 'POST', '/preview-projects', {
    ...{ repository, host: 'gitea', apiUrl: `${host.url}/api/v1`, token: 'good', reporting: 'both', public: true },
  })
  return { platform, host, project, repository }
})
const { platform, host, project, repository } = ground

/** Sends what the git host would. */
async function send(action: string, sha: string, before?: string): Promise<{ message: string; previewId: string }> {
  const repo = { clone_url: repository }
  const payload = githubPull(action, {
    head: { sha, repo },
    repository: repo,
    ...(before === undefined ? {} : { before }),
  })
  const body = JSON.stringify(payload)
  const answer = await fetch(`${platform.apiUrl}/preview-hooks/${project.id}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-gitea-event': 'pull_request',
      'x-gitea-delivery': randomUUID(),
      'x-gitea-signature': createHmac('sha256', project.webhookSecret).update(body).digest('hex'),
    },
  })
  assert.equal(answer.status, 200, platform.output())
  return (await answer.json()) as { message: string; previewId: string }
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (const deadline = Date.now() + 120_000; ; await sleep(100)) {
    const seen = await look()
    if (seen !== undefined) return seen
    if (Date.now() > deadline) assert.fail(`${what} did not come\n${platform.output().slice(-4000)}`)
  }
}

const read = (id: string) => ask<PreviewState>(platform, 'GET', `/previews/${id}`)

async function ready(id: string, commit: string): Promise<PreviewState> {
  return until(async () => {
    const preview = await read(id)
    assert.notEqual(preview.status, 'failed', preview.error ?? '')
    return preview.status === 'ready' && preview.commit === commit ? preview : undefined
  }, `the preview of ${commit}`)
}

const told = (text: RegExp) =>
  until(() => (text.test(host.comments[0]?.body ?? '') ? host.comments[0]?.body : undefined), `the comment ${text}`)

test('a pull request has a preview and one comment that follows it, also over crashes of the platform', async () => {
  await using checkout = await checkOut(repository)
  const first = await checkout.push('better', sayInApp('static', 'two'))
  const { previewId } = await send('opened', first)
  // It has promised the git host to do it.
  await platform.end('SIGKILL')
  await platform.start()
  const made = await ready(previewId, first)
  assert.match((await visit(made.url ?? '')).body, /two/)
  const comment = await told(/\*\*Preview is ready\*\*/)
  assert.ok(comment.includes(first.slice(0, 12)))
  // The port of a test's platform is another one after each start; the name stays.
  assert.ok(comment.includes(`http://${previewId}.localhost:`))
  await until(() => host.statuses.find(({ commit, state }) => commit === first && state === 'success'), 'the status')

  const second = await checkout.push('better', sayInApp('static', 'three'))
  await send('synchronized', second, first)
  const updated = await ready(previewId, second)
  // The project has a token, so that the update is made where no code of the branch has run.
  assert.equal(updated.url, made.url)
  assert.notEqual(updated.sandboxId, made.sandboxId)
  assert.match((await visit(updated.url ?? '')).body, /three/)
  await told(new RegExp(second.slice(0, 12)))

  await send('closed', second)
  await platform.end('SIGKILL')
  await platform.start()
  await told(/\*\*Preview was removed\*\*/)
  await until(async () => ((await sandboxes(platform)).length === 0 ? true : undefined), 'the end of the sandbox')
  const { status } = await platform.call('GET', `/previews/${previewId}`)
  assert.equal(status, 404)
  assert.equal(host.comments.length, 1)
})
