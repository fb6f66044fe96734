import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { commit, giteaHook, githubHook, gitlabHook, gitlabMerge } from '../testing/git-hooks.ts'
import { openGitHost } from '../testing/git-host.ts'
import { openTestServer, until } from '../testing/test-server.ts'
import { answer, builder, built, open, project, pullAt, report } from './reports.fixture.ts'

test('one comment and the status of the commit follow a preview from its begin to its end', async () => {
  await using host = await openGitHost()
  await using server = await open()
  const made = await project(server, host)
  const send = (payload: unknown) => giteaHook(server, made, 'pull_request', payload)
  const id = (await send(pullAt(host, 'opened', commit('a')))).body.previewId
  await built(server, id)
  await report(server)
  const { url } = (await server.call(`GET /previews/${id}`)).body
  assert.match(url, new RegExp(`^http://${id}\\.`))
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
