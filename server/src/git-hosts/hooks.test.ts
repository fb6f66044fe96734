import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { limits } from '@sandyard/protocol'
import { scripted } from '../environments/environments.fixture.ts'
import {
  commit,
  giteaHook,
  githubHook,
  githubPull,
  githubPush,
  gitlabHook,
  gitlabMerge,
  gitlabPush,
  makeProject,
} from '../testing/git-hooks.ts'
import { openTestServer, type TestAnswer, type TestServer, until } from '../testing/test-server.ts'

/** A server whose previews are built without an application, at the commit that is wanted. */
async function open(): Promise<TestServer> {
  const { make } = scripted({
    clone: async ({ environment }) => ({
      kind: 'done',
      findings: { commit: environment.wantedCommit ?? commit('f'), branch: environment.branch },
    }),
  })
  return openTestServer({ previewSteps: make })
}

async function ready(server: TestServer, id: string, wanted: string): Promise<void> {
  await until(async () => {
    const { status, commit } = (await server.call(`GET /previews/${id}`)).body
    return status === 'ready' && commit === wanted
  })
}

async function gone(server: TestServer, id: string): Promise<void> {
  await until(async () => {
    await server.server.reconcile.round()
    return (await server.call(`GET /previews/${id}`)).status === 404
  })
}

const list = async (server: TestServer) => (await server.call('GET /previews')).body

function accepted(answer: TestAnswer, message: RegExp): string {
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.match(answer.body.message, message)
  return answer.body.previewId
}

test('GitHub: opened makes a preview, a push updates it in place, closed deletes it', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const send = (event: string, payload: unknown) => githubHook(server, project, event, payload)
  const id = accepted(await send('pull_request', githubPull('opened')), /is being made/)
  await ready(server, id, commit('a'))
  const first = (await server.call(`GET /previews/${id}`)).body
  assert.deepEqual(first.pullRequest, {
    number: 7,
    title: 'A better shop',
    url: 'https://github.com/acme/shop/pull/7',
    isFork: false,
  })
  // Both come for one push, in any order.
  const push = githubPush('better', commit('a'), commit('b'))
  assert.equal(accepted(await send('push', push), /being updated/), id)
  const synchronize = githubPull('synchronize', { head: { sha: commit('b') }, before: commit('a') })
  assert.equal(accepted(await send('pull_request', synchronize), /of bbbbbbbbbbbb already/), id)
  await ready(server, id, commit('b'))
  const second = (await server.call(`GET /previews/${id}`)).body
  assert.deepEqual([second.run, second.sandboxId, second.url], [2, first.sandboxId, first.url])
  const edited = githubPull('edited', { pull: { title: 'The best\u0007 shop\n' } })
  accepted(await send('pull_request', edited), /new title/)
  assert.equal((await server.call(`GET /previews/${id}`)).body.pullRequest.title, 'The best shop')
  accepted(await send('pull_request', githubPull('closed', { pull: { merged: true } })), /being deleted/)
  await gone(server, id)
  accepted(
    await send('delete', { ...githubPush('x', commit('1'), null), ref: 'better', ref_type: 'branch' }),
    /no preview/,
  )
  assert.deepEqual(server.faults, [])
})

test('GitLab and Gitea: the same, in their words', async () => {
  await using server = await open()
  const gitlab = await makeProject(server, { repository: 'https://gitlab.com/acme/web/shop.git' })
  const id = accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', gitlabMerge('open')), /is being made/)
  await ready(server, id, commit('a'))
  const update = gitlabMerge('update', { oldrev: commit('a'), last_commit: { id: commit('b') } })
  accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', update), /being updated/)
  await ready(server, id, commit('b'))
  accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', gitlabMerge('update', { title: 'T' })), /new title/)
  accepted(
    await gitlabHook(server, gitlab, 'Push Hook', gitlabPush('better', commit('b'), commit('c'))),
    /being updated/,
  )
  await ready(server, id, commit('c'))
  accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', gitlabMerge('approved')), /Nothing is done/)
  accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', gitlabMerge(undefined)), /Nothing is done/)
  accepted(await gitlabHook(server, gitlab, 'Merge Request Hook', gitlabMerge('merge')), /being deleted/)
  await gone(server, id)

  const gitea = await makeProject(server, { host: 'gitea' })
  const other = accepted(await giteaHook(server, gitea, 'pull_request', githubPull('opened')), /is being made/)
  await ready(server, other, commit('a'))
  // Gitea tells no commit that was before: the branch itself says what is newest.
  const synchronized = githubPull('synchronized', { head: { sha: commit('b') } })
  accepted(await giteaHook(server, gitea, 'pull_request_sync', synchronized, { name: 'forgejo' }), /being updated/)
  await ready(server, other, commit('f'))
  const gogs = githubPull('closed', { pull: { head: undefined, head_branch: 'better', head_repo: null } })
  accepted(await giteaHook(server, gitea, 'pull_request', gogs, { name: 'gogs' }), /being deleted/)
  await gone(server, other)
  assert.deepEqual(server.faults, [])
})

test('only branches with a preview are built when they are pushed, and tags never', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const send = (payload: object) => githubHook(server, project, 'push', payload)
  accepted(await send(githubPush('main', commit('0'), commit('1'))), /no preview of branch main/)
  accepted(await send({ ...githubPush('x', commit('1'), commit('2')), ref: 'refs/tags/v1' }), /Only branches/)
  const { id } = (await server.call('POST /previews', { body: { repository: project.repository, branch: 'main' } }))
    .body
  await ready(server, id, commit('f'))
  accepted(await send(githubPush('main', commit('f'), commit('2'))), /being updated/)
  await ready(server, id, commit('2'))
  // It was asked for by a call: neither the end of the branch nor of a pull request takes it away.
  accepted(
    await githubHook(server, project, 'pull_request', githubPull('opened', { head: { ref: 'main' } })),
    /updated/,
  )
  assert.equal(accepted(await githubHook(server, project, 'pull_request', githubPull('closed')), /stays/), id)
  assert.equal(accepted(await send(githubPush('main', commit('2'), null)), /stays/), id)
  assert.equal((await list(server)).length, 1)
})

test('a delivery counts once, also under another id, also when it comes twice at once', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const payload = githubPull('opened')
  const deliveryId = randomUUID()
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => githubHook(server, project, 'pull_request', payload, { deliveryId })),
  )
  assert.deepEqual(answers.map(({ body }) => /before$/.test(body.message)).sort(), [
    false,
    ...Array.from({ length: 7 }, () => true),
  ])
  accepted(await githubHook(server, project, 'pull_request', payload), /taken in before/)
  const closed = githubPull('closed')
  const [{ id }] = await list(server)
  accepted(await githubHook(server, project, 'pull_request', closed), /being deleted/)
  await gone(server, id)
  accepted(await githubHook(server, project, 'pull_request', payload), /taken in before/)
  assert.deepEqual(await list(server), [])
})

test('a delivery that comes late does not take a preview back to an older commit', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const send = (payload: object) => githubHook(server, project, 'push', payload)
  const id = accepted(await githubHook(server, project, 'pull_request', githubPull('opened')), /made/)
  await ready(server, id, commit('a'))
  accepted(await send(githubPush('better', commit('b'), commit('c'))), /updated/)
  await ready(server, id, commit('f'))
  accepted(await send(githubPush('better', commit('a'), commit('b'))), /updated/)
  await until(async () => (await server.call(`GET /previews/${id}`)).body.run === 3)
  await ready(server, id, commit('f'))
})

test('what is not signed with the secret of the project does nothing, and tells nothing', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const stranger = await makeProject(server, { repository: 'https://github.com/acme/other' })
  const wrong = await githubHook(server, project, 'pull_request', githubPull('opened'), { secret: 'x' })
  const others = await githubHook(server, project, 'pull_request', githubPull('opened'), {
    secret: stranger.webhookSecret,
  })
  const nobody = await githubHook(server, { ...project, id: randomUUID() }, 'pull_request', githubPull('opened'))
  assert.deepEqual([wrong.status, others.status, nobody.status], [404, 404, 404])
  assert.deepEqual([wrong.body.message, others.body.message], [nobody.body.message, nobody.body.message])
  const elsewhere = await githubHook(server, stranger, 'pull_request', githubPull('opened'))
  assert.equal(elsewhere.status, 422)
  assert.match(elsewhere.body.message, /webhook is of https:\/\/github.com\/acme\/shop.git/)
  assert.deepEqual(await list(server), [])
  const { lastWebhookAt } = (await server.call(`GET /preview-projects/${project.id}`)).body
  assert.equal(lastWebhookAt, null)
})

test('a project that does not say its git host is told which one has sent the webhook', async () => {
  await using server = await open()
  const project = await makeProject(server, { repository: 'https://git.example.com/acme/shop' })
  const good = await giteaHook(server, project, 'pull_request', githubPull('opened'))
  assert.equal(good.status, 422)
  assert.match(good.body.message, /say "host": "gitea"/)
  const wrong = await giteaHook(server, project, 'pull_request', githubPull('opened'), { secret: 'x' })
  assert.equal(wrong.status, 404)
})

test('forks have previews only where the project says so, and only those of the same git host', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const fork = (url: string) => githubPull('opened', { head: { repo: { clone_url: url, html_url: url } } })
  const url = 'https://github.com/eve/shop.git'
  accepted(await githubHook(server, project, 'pull_request', fork(url)), /no previews of forks/)
  await server.call(`PATCH /preview-projects/${project.id}`, { body: { forks: true } })
  accepted(await githubHook(server, project, 'pull_request', fork('https://evil.example/eve/shop')), /another git host/)
  accepted(await githubHook(server, project, 'pull_request', fork('ext::sh -c id')), /no URL/)
  const gone = githubPull('opened', { head: { repo: null } })
  accepted(await githubHook(server, project, 'pull_request', gone), /is gone/)
  assert.deepEqual(await list(server), [])
  const id = accepted(await githubHook(server, project, 'pull_request', fork(url)), /is being made/)
  const made = (await server.call(`GET /previews/${id}`)).body
  assert.deepEqual([made.repository, made.pullRequest.isFork], [url, true])
  // A branch of the same name in the repository itself is another one.
  accepted(await githubHook(server, project, 'push', githubPush('better', commit('1'), commit('2'))), /no preview/)
})

test('payloads that are no good are refused with what is wrong', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const send = (payload: unknown, event = 'pull_request') => githubHook(server, project, event, payload)
  const bad: readonly (readonly [unknown, RegExp])[] = [
    ['{"action":', /not JSON/],
    ['', /not JSON/],
    ['null', /payload of the webhook/],
    ['[]', /payload of the webhook/],
    [{}, /action/],
    [githubPull('opened', { number: -1 }), /number/],
    [githubPull('opened', { head: { sha: '$(id)' } }), /no commit/],
    [githubPull('opened', { repository: { clone_url: 7 } }), /clone_url/],
  ]
  for (const [payload, message] of bad) {
    const answer = await send(payload)
    assert.equal(answer.status, 400, JSON.stringify(answer.body))
    assert.match(answer.body.message, message)
  }
  for (const ref of ['-x', 'a..b', 'a b', 'a\nb', '', 'x'.repeat(limits.branchLength + 1), 'a.lock', '@{u}', '/x']) {
    accepted(await send(githubPull('opened', { head: { ref } })), /name of the branch/)
  }
  accepted(await send(githubPull('labeled')), /Nothing is done for labeled/)
  accepted(await send({}, 'star'), /Nothing is done for star/)
  // A link that leads elsewhere is not shown.
  const id = accepted(
    await send(githubPull('opened', { pull: { html_url: 'javascript:alert(1)', title: null } })),
    /is being made/,
  )
  const { url, title } = (await server.call(`GET /previews/${id}`)).body.pullRequest
  assert.deepEqual([url, title], [null, null])
  assert.deepEqual(server.faults, [])
})

test('a form with the payload in it is taken, too', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const form = new URLSearchParams({ payload: JSON.stringify(githubPull('opened')) }).toString()
  accepted(await githubHook(server, project, 'pull_request', form, { headers }), /is being made/)
  const none = await githubHook(server, project, 'pull_request', 'a=b', { headers })
  assert.match(none.body.message, /field payload of the form is not JSON/)
})

test('what cannot be good is refused before its body is read, and bodies are bounded', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const send = async (path: string, headers: Record<string, string>, most = Number.POSITIVE_INFINITY) => {
    let read = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        read += 65_536
        if (read > most) controller.close()
        else controller.enqueue(Buffer.alloc(65_536, 'x'))
      },
    })
    const request = new Request(`http://localhost:3000/api/preview-hooks/${path}`, {
      method: 'POST',
      body,
      headers,
      duplex: 'half',
    } as RequestInit)
    const { status } = await server.server.fetch(request, { incoming: { socket: { remoteAddress: '127.0.0.1' } } })
    return { status, read }
  }
  const signed = { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }
  // A stream has a first piece before anybody asks for it.
  assert.deepEqual(await send(project.id, {}), { status: 400, read: 65_536 })
  assert.deepEqual(await send(randomUUID(), signed), { status: 404, read: 65_536 })
  assert.deepEqual(await send(project.id, { 'x-hub-signature-256': 'sha256=00' }), { status: 404, read: 65_536 })
  const large = await send(project.id, signed)
  assert.equal(large.status, 413)
  assert.ok(large.read <= limits.gitHookBytes + 3 * 65_536, `${large.read} bytes were read`)
  assert.equal((await send(project.id, signed, limits.gitHookBytes)).status, 404)
})

test('few bodies of one project are in memory at a time', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const ends: (() => void)[] = []
  const slow = Array.from({ length: 9 }, async () => {
    const body = new ReadableStream<Uint8Array>({ start: (controller) => void ends.push(() => controller.close()) })
    const request = new Request(`http://localhost:3000/api/preview-hooks/${project.id}`, {
      method: 'POST',
      body,
      headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
      duplex: 'half',
    } as RequestInit)
    return (await server.server.fetch(request, { incoming: { socket: { remoteAddress: '127.0.0.1' } } })).status
  })
  assert.equal(await Promise.race(slow), 503)
  for (const end of ends) end()
  assert.deepEqual((await Promise.all(slow)).sort(), [...Array.from({ length: 8 }, () => 404), 503])
  assert.equal((await githubHook(server, project, 'ping', {})).status, 200)
})

test('nothing is built for an organization that is suspended, or of a project that goes', async () => {
  await using server = await open()
  const project = await makeProject(server)
  const { organizationId } = (await server.call(`GET /preview-projects/${project.id}`)).body
  const suspension = { suspendedAtMs: 1, suspendedUntilMs: null, suspensionReason: 'No', suspensionGraceHours: 0 }
  await server.server.store.organizations.suspend(organizationId, suspension, 1)
  const answer = await githubHook(server, project, 'pull_request', githubPull('opened'))
  assert.deepEqual([answer.status, (await server.server.store.environments.ofProject(project.id)).length], [403, 0])
  await server.server.store.projects.leave(project.id)
  assert.equal((await githubHook(server, project, 'pull_request', githubPull('opened'))).status, 404)
})
