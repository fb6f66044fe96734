import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { scripted } from '../environments/environments.fixture.ts'
import { FinalFailure } from '../environments/step.ts'
import {
  commit,
  giteaHook,
  githubHook,
  githubPull,
  gitlabHook,
  gitlabMerge,
  makeProject,
} from '../testing/git-hooks.ts'
import { openGitHost, type TestGitHost } from '../testing/git-host.ts'
import { openTestServer, type TestServer, testConfig, until } from '../testing/test-server.ts'
import { createDestinations } from '../webhooks/destination.ts'
import { createSendToGitHost } from './request.ts'

/** What a build says that fails: with everything that Markdown makes something of. */
const hostile = 'It `ends` @everyone\n/close\n[x](javascript:alert(1)) <img src=x> | ![](https://evil.example/p.png)'

/** Steps that build the wanted commit, and fail at a commit of nines. */
function builder() {
  const { make } = scripted({
    clone: async ({ environment }) => ({
      kind: 'done',
      findings: { commit: environment.wantedCommit ?? commit('f'), branch: environment.branch },
    }),
    async build({ environment }) {
      if (environment.commit === commit('9')) throw new FinalFailure(hostile)
      return { kind: 'done' }
    },
  })
  return make
}

async function open(config = testConfig): Promise<TestServer> {
  const server = await openTestServer({ previewSteps: builder(), isRecovered: false, config })
  // From here on runs begin by themselves.
  await server.server.reconcile.round()
  return server
}

/** Tells what is to be told now. */
async function report({ server }: TestServer): Promise<void> {
  await server.reconcile.round()
  await server.reports.settled()
}

/** Waits until a preview is no longer under way, without telling of it. */
async function built(server: TestServer, id: string): Promise<string> {
  let status = ''
  await until(async () => {
    status = (await server.call(`GET /previews/${id}`)).body.status
    return status === 'ready' || status === 'failed'
  })
  return status
}

function project(server: TestServer, host: TestGitHost, body: object = {}) {
  return makeProject(server, {
    repository: `${host.url}/acme/shop`,
    host: 'gitea',
    token: 'good',
    reporting: 'both',
    ...body,
  })
}

/** A pull request of the repository at the test's host. */
function pullAt(host: TestGitHost, action: string, sha: string, changes: object = {}) {
  const repo = { clone_url: `${host.url}/acme/shop.git`, html_url: `${host.url}/acme/shop` }
  return githubPull(action, { head: { sha, repo }, repository: repo, ...changes })
}

test('one comment and the status of the commit follow a preview from its begin to its end', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host)
  const send = (payload: unknown) => giteaHook(server, made, 'pull_request', payload)
  const id = (await send(pullAt(host, 'opened', commit('a')))).body.previewId
  await built(server, id)
  await report(server)
  const { url, sandboxId } = (await server.call(`GET /previews/${id}`)).body
  assert.match(url, new RegExp(`^http://3000-${sandboxId}\\.`))
  const [comment] = host.comments
  assert.ok(comment !== undefined && host.comments.length === 1)
  const lines = comment.body.split('\n')
  assert.match(lines[0] ?? '', /^<!-- sandyard-preview [0-9a-f]{32} -->$/)
  assert.equal(lines[1], `**Preview is ready**: ${url}`)
  assert.ok(comment.body.includes('- Commit: `aaaaaaaaaaaa`') && comment.body.includes('- Framework: `express`'))
  assert.deepEqual(host.statuses.at(-1), { commit: commit('a'), state: 'success', url })
  assert.ok(host.calls.every(({ headers }) => headers.authorization === 'token good'))
  // Nothing is told twice.
  const before = host.calls.length
  await report(server)
  await report(server)
  assert.equal(host.calls.length, before)

  await send(pullAt(host, 'synchronized', commit('9'), { before: commit('a') }))
  assert.equal(await built(server, id), 'failed')
  await report(server)
  assert.equal(host.comments.length, 1)
  assert.match(comment.body, /^\*\*Preview has failed\*\*/m)
  assert.deepEqual([host.statuses.at(-1)?.commit, host.statuses.at(-1)?.state], [commit('9'), 'failure'])
  // What a build says stays one line of code.
  const why = comment.body.split('\n').find((line) => line.startsWith('- Why: '))
  assert.match(why ?? '', /^- Why: `[^`]*@everyone \/close [^`]*`$/)

  await send(pullAt(host, 'closed', commit('9')))
  await until(async () => {
    await report(server)
    return (await server.server.store.gitReports.byEnvironment(id)) === undefined
  })
  assert.match(comment.body, /^\*\*Preview was removed\*\*$/m)
  assert.ok(!comment.body.includes(url))
  // Opened again, the same comment tells of the new one.
  const again = (await send(pullAt(host, 'reopened', commit('b')))).body.previewId
  await built(server, again)
  await report(server)
  assert.equal(host.comments.length, 1)
  assert.match(comment.body, /^\*\*Preview is ready\*\*/m)
  assert.deepEqual(server.faults, [])
})

test('GitHub and GitLab are told in their own ways', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const github = await project(server, host, { host: 'github' })
  const first = (await githubHook(server, github, 'pull_request', pullAt(host, 'opened', commit('a')))).body.previewId
  await built(server, first)
  await report(server)
  const sent = host.calls.filter(({ method }) => method === 'POST')
  assert.deepEqual(
    sent.map(({ path }) => path),
    [`/api/v3/repos/acme/shop/statuses/${commit('a')}`, '/api/v3/repos/acme/shop/issues/7/comments'],
  )
  assert.equal(sent[0]?.headers.authorization, 'Bearer good')
  assert.deepEqual([sent[0]?.body.context, sent[0]?.body.description], ['preview', 'The preview is ready'])

  await server.call(`DELETE /preview-projects/${github.id}`)
  await until(async () => {
    await report(server)
    return (await server.call(`GET /preview-projects/${github.id}`)).status === 404
  })
  assert.match(host.comments[0]?.body ?? '', /was removed/)

  const gitlab = await project(server, host, { host: 'gitlab' })
  const target = { git_http_url: `${host.url}/acme/shop.git`, web_url: `${host.url}/acme/shop` }
  const merge = { ...gitlabMerge('open', { source: target }), project: target }
  const second = (await gitlabHook(server, gitlab, 'Merge Request Hook', merge)).body.previewId
  host.comments.length = 0
  host.calls.length = 0
  host.trouble = ({ path }, response) => {
    if (!path.includes('/statuses/')) return false
    answer(response, 400, { message: 'Cannot transition status via :run from :running' })
    return true
  }
  await built(server, second)
  await report(server)
  assert.deepEqual(host.writes(), [
    `POST /api/v4/projects/acme%2Fshop/statuses/${commit('a')}`,
    'POST /api/v4/projects/acme%2Fshop/merge_requests/7/notes',
  ])
  assert.ok(host.calls.every(({ headers }) => headers['private-token'] === 'good' && !headers.authorization))
  const { reportError } = (await server.call(`GET /preview-projects/${gitlab.id}`)).body
  assert.equal(reportError, null)
})

test('a comment whose id was lost is found again; one that somebody deleted is written anew', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host, { reporting: 'comment' })
  const send = (payload: unknown) => giteaHook(server, made, 'pull_request', payload)
  const id = (await send(pullAt(host, 'opened', commit('a')))).body.previewId
  await built(server, id)
  for (let at = 0; at < 150; at++) host.comments.push({ id: at + 1, pull: '7', body: `words ${at}` })
  await report(server)
  assert.equal(host.comments.length, 151)
  // As a crash between the comment and its note would leave it.
  await server.server.store.gitReports.remove(id)
  await send(pullAt(host, 'synchronized', commit('b'), { before: commit('a') }))
  await built(server, id)
  await report(server)
  assert.equal(host.comments.length, 151)
  const comment = host.comments.at(-1)
  assert.match(comment?.body ?? '', /bbbbbbbbbbbb/)
  host.comments.splice(host.comments.length - 1)
  await send(pullAt(host, 'synchronized', commit('c'), { before: commit('b') }))
  await built(server, id)
  await report(server)
  assert.match(host.comments.at(-1)?.body ?? '', /cccccccccccc/)
  assert.deepEqual(host.statuses, [])
})

test('a git host that has trouble is told later, and not before it wants to be', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host, { reporting: 'comment' })
  const { previewId: id } = (await giteaHook(server, made, 'pull_request', pullAt(host, 'opened', commit('a')))).body
  await built(server, id)
  const troubles: readonly ((response: ServerResponse) => void)[] = [
    (response) => answer(response, 502, 'Bad gateway'),
    (response) => void response.destroy(),
    (response) => answer(response, 429, {}, { 'retry-after': '600' }),
    (response) => {
      const reset = String(server.clock.nowMs / 1000 + 900)
      answer(response, 403, { message: 'no' }, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset })
    },
    (response) => answer(response, 403, { message: 'You have exceeded a secondary rate limit' }),
    (response) => answer(response, 201, { id: '../../evil' }),
  ]
  const waits = [10_000, 20_000, 600_000, 900_000, 160_000]
  for (const [at, wait] of waits.entries()) {
    host.trouble = (_, response) => {
      troubles[at]?.(response)
      return true
    }
    await report(server)
    const asked = host.calls.length
    server.clock.nowMs += wait - 1000
    await report(server)
    assert.equal(host.calls.length, asked, `trouble ${at} is not asked again too early`)
    server.clock.nowMs += 2000
  }
  host.trouble = () => false
  await report(server)
  assert.equal(host.comments.length, 1)
  assert.equal((await server.call(`GET /preview-projects/${made.id}`)).body.reportError, null)
  assert.deepEqual(server.faults, [])
})

test('a token that may not do it stops all telling, with a reason, until there is another', async () => {
  for (const [status, body, reason] of [
    [401, { message: 'Bad credentials' }, /401 \(Bad credentials\): the token is not good/],
    [403, { message: 'Resource not accessible' }, /403 \(Resource not accessible\): the token may not/],
    [404, { message: 'Not Found' }, /404 .*does not see the repository/],
    [301, { message: 'Moved' }, /301 .*has moved/],
  ] as const) {
    await using host = await openGitHost()
    await using other = await openGitHost()
    await using server = await open()
    const made = await project(server, host, { reporting: 'comment' })
    const { previewId: id } = (await giteaHook(server, made, 'pull_request', pullAt(host, 'opened', commit('a')))).body
    await built(server, id)
    host.trouble = (_, response) => {
      answer(response, status, body, { location: `${other.url}/api/v1/` })
      return true
    }
    await report(server)
    const stopped = (await server.call(`GET /preview-projects/${made.id}`)).body
    assert.match(stopped.reportError, reason)
    const asked = host.calls.length
    server.clock.nowMs += 24 * 3600_000
    await report(server)
    assert.deepEqual([host.calls.length, other.calls.length], [asked, 0])
    host.trouble = () => false
    await server.call(`PATCH /preview-projects/${made.id}`, { body: { token: 'good' } })
    await report(server)
    assert.equal(host.comments.length, 1)
    assert.deepEqual(server.faults, [])
  }
})

test('a locked or deleted pull request is left alone, the others are told of', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host, { reporting: 'comment' })
  for (const [number, ref] of [
    [1, 'one'],
    [2, 'two'],
    [3, 'three'],
  ] as const) {
    const repo = { clone_url: `${host.url}/acme/shop.git` }
    const payload = githubPull('opened', { number, head: { ref, repo }, repository: repo })
    await built(server, (await giteaHook(server, made, 'pull_request', payload)).body.previewId)
  }
  host.trouble = ({ method, path }, response) => {
    if (method !== 'POST' || path.includes('/issues/3/')) return false
    const isLocked = path.includes('/issues/1/')
    answer(response, isLocked ? 403 : 404, { message: isLocked ? 'issue is locked' : 'Not Found' })
    return true
  }
  await report(server)
  assert.deepEqual(
    host.comments.map(({ pull }) => pull),
    ['3'],
  )
  const asked = host.calls.length
  await report(server)
  assert.equal(host.calls.length, asked)
  assert.equal((await server.call(`GET /preview-projects/${made.id}`)).body.reportError, null)
})

test('a token goes to its own git host only', async () => {
  await using host = await openGitHost()
  await using other = await openGitHost()
  await using server = await open()
  const made = await project(server, host)
  const moved = await server.call(`PATCH /preview-projects/${made.id}`, { body: { apiUrl: `${other.url}/api/v1` } })
  assert.deepEqual([moved.status, other.calls.length], [400, 0])
  assert.match(moved.body.message, /token has to be given again/)
  const given = { apiUrl: `${other.url}/api/v1`, token: 'good' }
  assert.equal((await server.call(`PATCH /preview-projects/${made.id}`, { body: given })).status, 200)
})

test('what a crash leaves untold is told by the next start, and what was told is not told again', async () => {
  await using host = await openGitHost()
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-reports-'))
  const engine = createFakeEngine()
  try {
    const options = { engine, folder, storePath: join(folder, 'store.sqlite'), isRecovered: false }
    const first = await openTestServer({ ...options, previewSteps: builder() })
    await first.server.reconcile.round()
    const made = await project(first, host)
    const { previewId: id } = (await giteaHook(first, made, 'pull_request', pullAt(host, 'opened', commit('a')))).body
    await built(first, id)
    // The comment is written, the note of it is not: it ends there.
    const { gitReports } = first.server.store
    const { save } = gitReports
    gitReports.save = async (one) => {
      if (one.commentId !== null) throw new Error('The end')
      await save(one)
    }
    await report(first)
    assert.equal(host.comments.length, 1)
    assert.equal(first.faults.length, 1)
    await first.server.close()

    const second = await openTestServer({ ...options, previewSteps: builder() })
    await report(second)
    assert.deepEqual([host.comments.length, host.statuses.length], [1, 1])
    const { writes } = host
    const before = writes().length
    await report(second)
    assert.equal(writes().length, before)
    assert.equal((await second.server.store.gitReports.byEnvironment(id))?.commentId, String(host.comments[0]?.id))
    await second.server.close()
    const third = await openTestServer({ ...options, previewSteps: builder() })
    await report(third)
    assert.equal(writes().length, before)
    await third.server.close()
  } finally {
    await engine.close()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('of many previews of one project some are told of later, and none is forgotten', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host, { reporting: 'comment' })
  for (let number = 1; number <= 25; number++) {
    const repo = { clone_url: `${host.url}/acme/shop.git` }
    const payload = githubPull('opened', { number, head: { ref: `b${number}`, repo }, repository: repo })
    await built(server, (await giteaHook(server, made, 'pull_request', payload)).body.previewId)
  }
  await report(server)
  await report(server)
  assert.equal(host.comments.length, 20)
  server.clock.nowMs += 60_000
  await report(server)
  assert.equal(new Set(host.comments.map(({ pull }) => pull)).size, 25)
})

test('an API at a private address is not called, and the project says so', async () => {
  await using host = await openGitHost()
  await using server = await open({ ...testConfig, observation: { ...testConfig.observation, webhookAllow: [] } })
  const made = await project(server, host, { repository: 'http://127.0.0.1:9/acme/shop' })
  const repo = { clone_url: 'http://127.0.0.1:9/acme/shop' }
  const payload = githubPull('opened', { head: { repo }, repository: repo })
  await built(server, (await giteaHook(server, made, 'pull_request', payload)).body.previewId)
  await report(server)
  const { reportError } = (await server.call(`GET /preview-projects/${made.id}`)).body
  assert.match(reportError, /127.0.0.1 is not an address that the platform may call/)
})

test('a git host that is slow or says too much is left in time', async () => {
  await using host = await openGitHost()
  const destinations = createDestinations(['127.0.0.1'])
  const send = createSendToGitHost(destinations, 200)
  const ask = () => send({ method: 'GET', url: `${host.url}/x`, headers: {} })
  host.trouble = () => true
  await assert.rejects(ask, /no answer within 0.2 s/)
  host.trouble = (_, response) => {
    response.writeHead(200).write('x')
    return true
  }
  await assert.rejects(ask, /no answer within 0.2 s/)
  host.trouble = (_, response) => {
    response.writeHead(200).end(Buffer.alloc(9 * 1024 * 1024, 'x'))
    return true
  }
  await assert.rejects(
    () => createSendToGitHost(destinations)({ method: 'GET', url: `${host.url}/x`, headers: {} }),
    /too large/,
  )
})

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
