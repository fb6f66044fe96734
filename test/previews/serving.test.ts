import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOfApp, sayInApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { visit } from '../fixtures/visit.ts'
import { ask, layPreviewGround, type PreviewState, sandboxes, stepOf } from './ground.ts'

/** What serves: images that are built anew, servers that crash, sandboxes that wake, and caches that many use at once. */
const ground = await layPreviewGround(['dockerfile', 'express', 'static'])
const { platform } = ground

async function word({ url }: PreviewState): Promise<string | undefined> {
  const { body } = await visit(url ?? '')
  return /id="?word"?[^>]*>(\w+)</.exec(body)?.[1]
}

async function until(what: () => Promise<boolean>, ms = 30_000): Promise<void> {
  for (const deadline = Date.now() + ms; !(await what()); await sleep(50))
    assert.ok(Date.now() < deadline, String(what))
}

test('a Dockerfile is built anew for a push, while what it made before serves', { timeout: 200_000 }, async () => {
  const first = await ground.ready((await ground.preview('dockerfile')).id)
  assert.equal(await word(first), 'one')
  assert.deepEqual(await sandboxes(platform), [first.sandboxId], 'where it was built is gone')

  await using checkout = await checkOut(ground.repository('dockerfile'))
  await checkout.push('main', { ...sayInApp('dockerfile', 'two'), Dockerfile: 'FROM default\nRUN exit 7\n' })
  await ground.preview('dockerfile')
  const broken = await ground.until(first.id, ({ status, run }) => run === first.run + 1 && status === 'failed')
  assert.match(broken.error ?? '', /Dockerfile could not be built/)
  assert.equal(stepOf(broken, 'build'), 'failed')
  assert.equal(broken.sandboxId, first.sandboxId)
  assert.equal(await word(first), 'one', 'what was there serves on')

  const { Dockerfile = '' } = filesOfApp('dockerfile')
  const slow = Dockerfile.replace(/^(CMD|ENTRYPOINT)/m, 'RUN sleep 4\n$1')
  const commit = await checkout.push('main', { Dockerfile: slow })
  await ground.preview('dockerfile')
  await ground.until(first.id, (preview) => stepOf(preview, 'build') === 'running' && preview.run === first.run + 2)
  await platform.end('SIGKILL')
  await platform.start()
  const mended = await ground.until(first.id, ({ status, run }) => run === first.run + 2 && status === 'ready')
  assert.equal(mended.commit, commit)
  assert.notEqual(mended.sandboxId, first.sandboxId)
  assert.equal(await word(mended), 'two')
  await until(async () => (await sandboxes(platform)).join() === mended.sandboxId)
  await ask(platform, 'DELETE', `/previews/${first.id}`)
  await until(async () => (await sandboxes(platform)).length === 0)
})

test('a server that crashes is started again; one that waits to serve keeps its visitors waiting', {
  timeout: 200_000,
}, async (context) => {
  const start = 'sleep 3; exec python3 -m http.server "$PORT"'
  const preview = await ground.ready((await ground.preview('static', 'main', { start, port: 8000 })).id)
  const toolbox = (path: string, body: object) =>
    fetch(`${platform.url}/toolbox/${preview.sandboxId}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await toolbox('/process/execute', { command: "pkill -f '[h]ttp.server'" })
  await until(async () => (await visit(preview.url ?? '')).status === 200)

  await ask(platform, 'POST', `/sandbox/${preview.sandboxId}/stop`)
  const began = performance.now()
  const page = await visit(preview.url ?? '', { accept: 'text/html', 'sec-fetch-mode': 'navigate' })
  assert.deepEqual([page.status, /Waiting for the application/.test(page.body)], [503, true], page.body.slice(0, 500))
  const program = await visit(preview.url ?? '')
  assert.equal(program.status, 200)
  context.diagnostic(
    `the first visitor had its page after ${Math.round(performance.now() - began)} ms, 3000 of them asleep`,
  )

  await ask(platform, 'POST', `/sandbox/${preview.sandboxId}/stop`)
  await ask(platform, 'POST', `/sandbox/${preview.sandboxId}/start`)
  await platform.end('SIGKILL')
  await platform.start()
  // It has another port.
  const { url, status } = await ground.read(preview.id)
  assert.equal(status, 'ready')
  await until(async () => (await visit(url ?? '')).status === 200)
})

test('several previews install at once from one cache', { timeout: 200_000 }, async () => {
  const names = ['at/once-1', 'at/once-2', 'at/once-3']
  for (const name of names) {
    await using checkout = await checkOut(ground.repository('express'))
    await checkout.push(name, { 'README.md': name })
  }
  const asked = await Promise.all(names.map((name) => ground.preview('express', name)))
  for (const { id } of asked) assert.equal(await word(await ground.ready(id)), 'one')
  const volumes = await ask<{ name: string }[]>(platform, 'GET', '/volumes')
  assert.equal(volumes.filter(({ name }) => name === `preview-cache-${asked[0]?.projectId}`).length, 1)
})

test('a server on another port than was expected is found, and what needs more memory says so', {
  timeout: 200_000,
}, async () => {
  const asked = { start: 'exec python3 -m http.server 9123', port: 8000 }
  const other = await ground.ready((await ground.preview('static', 'main', asked)).id)
  assert.equal(other.port, 9123)
  assert.match(other.notes.join(), /listens on port 9123, not on 8000/)
  assert.equal((await visit(other.url ?? '')).status, 200)

  const build = 'python3 -c "x = bytearray(3 * 2**30)"'
  await ground.preview('static', 'main', { ...asked, build })
  const failed = await ground.until(other.id, ({ status, run }) => run === other.run + 1 && status === 'failed')
  assert.match(failed.error ?? '', /ran out of memory, of which its sandbox has 2 GiB: give the project more/)
  assert.equal((await visit(other.url ?? '')).status, 200, 'what was there serves on')
})
