import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { commit, giteaHook, githubPull } from '../testing/git-hooks.ts'
import { openGitHost } from '../testing/git-host.ts'
import { testConfig } from '../testing/test-server.ts'
import { createDestinations } from '../webhooks/destination.ts'
import { answer, built, open, project, pullAt, report } from './reports.fixture.ts'
import { createSendToGitHost } from './request.ts'

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
