import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { filesOfApp, sayInApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { visit } from '../fixtures/visit.ts'
import { ask, layPreviewGround, type PreviewState, runIn, sandboxes, says, stepOf } from './ground.ts'

/** What becomes of a preview in its life: pushes, good and bad, rest and waking, and its end. */
const ground = await layPreviewGround(['express', 'static'])
const { platform } = ground

/** This one rests after a minute without a visitor, while the other tests run. */
const restingSince = Date.now()
const resting = await ground.ready((await ground.preview('express', 'main', { autoStopInterval: 1 })).id)
const lived = await ground.ready((await branch('lived', 'one')).id)

async function branch(name: string, word: string): Promise<PreviewState> {
  await using checkout = await checkOut(ground.repository('express'))
  await checkout.push(name, { ...sayInApp('express', word), 'README.md': `# ${name}\n` })
  return await ground.preview('express', name)
}

interface Said {
  readonly word: string
  readonly startedAt: number
  readonly pid: number
}

async function said({ url }: PreviewState): Promise<Said> {
  const answer = await visit(`${new URL(url ?? '').origin}/api/word`)
  assert.equal(answer.status, 200, answer.body)
  return JSON.parse(answer.body) as Said
}

/** Pushes, asks for the preview again, and waits for the end of the run. */
async function push(
  files: Record<string, string>,
  how: 'push' | 'rewrite' = 'push',
): Promise<{ preview: PreviewState; commit: string }> {
  await using checkout = await checkOut(ground.repository('express'))
  const commit = await checkout[how]('lived', files)
  const asked = await ground.preview('express', 'lived')
  assert.equal(asked.id, lived.id, 'a branch has one preview')
  const preview = await ground.until(
    lived.id,
    ({ commit: built, status }) => built === commit && /^(ready|failed)$/.test(status),
  )
  return { preview, commit }
}

test('a push is built in place: the same URL and sandbox, and nothing is installed again', async () => {
  const page = await ground.open(lived)
  await says(page, 'one', 'Express')
  const before = await ground.packages.counts()
  const { preview } = await push(sayInApp('express', 'two'))
  assert.deepEqual(
    [preview.status, preview.url, preview.sandboxId, preview.error],
    ['ready', lived.url, lived.sandboxId, null],
  )
  assert.equal(preview.run, lived.run + 1)
  assert.equal(stepOf(preview, 'install'), 'skipped', 'its lock file is the same')
  assert.equal((await ground.packages.counts()).requests, before.requests)
  await page.reload()
  await says(page, 'two', 'Express')
  await page.context().close()
})

const withScripts = (scripts: object): Record<string, string> => {
  const manifest = JSON.parse(filesOfApp('express')['package.json'] ?? '') as { scripts: object }
  return { 'package.json': JSON.stringify({ ...manifest, scripts: { ...manifest.scripts, ...scripts } }, null, 2) }
}

test('a broken build has failed with its cause in the log, and a push mends it', async () => {
  const broken = await push(
    withScripts({ build: 'echo compiling the parts && echo no such part: wheel >&2 && exit 3' }),
  )
  assert.equal(broken.preview.status, 'failed')
  assert.equal(stepOf(broken.preview, 'build'), 'failed')
  assert.match(broken.preview.error ?? '', /build/i)
  assert.match(await ground.log(lived.id), /compiling the parts[\s\S]*no such part: wheel/)
  const mended = await push({ ...withScripts({ build: 'echo compiled' }), ...sayInApp('express', 'three') })
  assert.deepEqual([mended.preview.status, mended.preview.error, mended.preview.url], ['ready', null, lived.url])
  assert.equal(stepOf(mended.preview, 'build'), 'done')
  assert.equal((await said(mended.preview)).word, 'three')
})

test('a server that ends at once has failed with what it said', async () => {
  const broken = await push({ 'word.js': "export const word = ''\nthrow new Error('the word is missing')\n" })
  assert.equal(broken.preview.status, 'failed')
  assert.match(await ground.log(lived.id), /the word is missing/)
  const mended = await push(sayInApp('express', 'four'))
  assert.equal(mended.preview.status, 'ready')
  assert.equal((await said(mended.preview)).word, 'four')
})

test('a branch that was rewritten is what it is now, whatever was changed inside', async () => {
  const changed = 'cd ~/project && echo "export const word = 5" > word.js && echo left > left.txt && git status --short'
  assert.match(await runIn(platform, lived.sandboxId ?? '', changed), /M word\.js\n\?\? left\.txt/)
  const { preview } = await push({ ...sayInApp('express', 'five'), 'five.txt': 'five\n' }, 'rewrite')
  assert.deepEqual([preview.status, preview.url], ['ready', lived.url])
  assert.equal((await said(preview)).word, 'five')
  assert.equal(
    await runIn(platform, lived.sandboxId ?? '', 'cd ~/project && head -1 README.md && cat five.txt'),
    '# Hello\nfive\n',
  )
})

test('six at once: all of them get ready, each with a sandbox of its own', async () => {
  await using checkout = await checkOut(ground.repository('static'))
  const words = ['apple', 'birch', 'cedar', 'daisy', 'elder', 'fern']
  for (const word of words) await checkout.push(`tree/${word}`, sayInApp('static', word))
  const asked = await Promise.all(words.map((word) => ground.preview('static', `tree/${word}`)))
  const ready = await Promise.all(asked.map(({ id }) => ground.ready(id)))
  assert.equal(new Set(ready.map(({ sandboxId }) => sandboxId)).size, words.length)
  // The first previews of a project share one cache, which none of them finds there.
  const mounted = await Promise.all(
    ready.map(({ sandboxId }) => ask<{ volumes: { volumeId: string }[] }>(platform, 'GET', `/sandbox/${sandboxId}`)),
  )
  assert.equal(new Set(mounted.map(({ volumes }) => volumes.map(({ volumeId }) => volumeId).join())).size, 1)
  const pages = await Promise.all(ready.map(({ url }) => visit(url ?? '')))
  for (const [at, word] of words.entries()) assert.match(pages[at]?.body ?? '', new RegExp(`<title>Static ${word}<`))
  await Promise.all(ready.map(({ id }) => ask(platform, 'DELETE', `/previews/${id}`)))
})

test('one that nobody visits rests, and a visitor wakes it without a build', { timeout: 240_000 }, async () => {
  const stateOf = async (): Promise<string> =>
    (await ask<{ state: string }>(platform, 'GET', `/sandbox/${resting.sandboxId}`)).state
  const patience = restingSince + 200_000
  while ((await stateOf()) !== 'stopped') {
    assert.ok(Date.now() < patience, `it does not rest: ${await stateOf()}`)
    await sleep(500)
  }
  const health = await ask<{ isAlive: boolean }>(platform, 'GET', `/previews/${resting.id}/health`)
  assert.equal(health.isAlive, true, 'who rests is alive')
  const page = await ground.open(resting)
  await says(page, 'one', 'Express')
  await page.context().close()
  const awake = await ground.read(resting.id)
  assert.deepEqual([awake.status, awake.run], ['ready', resting.run])
  // A program that asks gets the answer of the application, too.
  await ask(platform, 'POST', `/sandbox/${resting.sandboxId}/stop`)
  assert.equal((await said(resting)).word, 'one')
  assert.equal((await ground.read(resting.id)).run, resting.run)
})

test('deleted: sandbox and environment are gone; with the project its cache too', { timeout: 60_000 }, async () => {
  const volumes = async (): Promise<number> => (await ask<{ state: string }[]>(platform, 'GET', '/volumes')).length
  assert.equal((await platform.call('DELETE', `/previews/${lived.id}`)).status, 202)
  await gone(`/previews/${lived.id}`)
  assert.ok(!(await sandboxes(platform)).includes(lived.sandboxId ?? ''))
  assert.equal((await said(resting)).word, 'one', 'that of another branch stays')
  const projects = await ask<{ id: string }[]>(platform, 'GET', '/preview-projects')
  assert.equal(projects.length, 2)
  for (const { id } of projects) assert.equal((await platform.call('DELETE', `/preview-projects/${id}`)).status, 202)
  for (const { id } of projects) await gone(`/preview-projects/${id}`)
  assert.deepEqual(await ask(platform, 'GET', '/previews'), [])
  assert.deepEqual([await sandboxes(platform), await volumes()], [[], 0])
  assert.deepEqual(rows(), [])
})

/** Tables of previews in which the store has something. */
function rows(): string[] {
  const store = new DatabaseSync(join(platform.data, 'sandyard.db'), { readOnly: true })
  const names = ['previewProjects', 'previewEnvironments', 'previewSteps', 'previewLitter', 'gitDeliveries']
  try {
    return names.filter((name) => store.prepare(`select count(*) as rows from ${name}`).get()?.rows !== 0)
  } finally {
    store.close()
  }
}

async function gone(path: string): Promise<void> {
  for (const deadline = Date.now() + 40_000; (await platform.call('GET', path)).status !== 404; await sleep(200)) {
    assert.ok(Date.now() < deadline, `${path} is still there: ${JSON.stringify(await platform.call('GET', path))}`)
  }
}
