import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stepNames } from '@sandyard/protocol'
import { assertNoLitter } from '../e2e/kills/litter.ts'
import { filesOfApp, sayInApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { long } from '../fixtures/long.ts'
import { visit } from '../fixtures/visit.ts'
import { ask, layPreviewGround, type PreviewState, sandboxes } from './ground.ts'

/** The platform is killed in each step of a run, and after it: the preview gets ready, and nothing is there twice. */
const ground = await layPreviewGround(['static', 'dockerfile'])
const { platform } = ground

/** Long enough that each step is seen. */
const slowly = {
  install: 'echo installing && sleep 1',
  build: 'echo building && sleep 1',
  start: 'sleep 1 && exec python3 -m http.server "$PORT"',
  port: 8000,
}

async function kill(): Promise<void> {
  await platform.end('SIGKILL')
  await platform.start()
}

/** Waits until the step of this run is under way, or has just been; it may be short. */
async function reach(id: string, run: number, step: string): Promise<string> {
  for (const deadline = Date.now() + 60_000; ; await sleep(5)) {
    const preview = await ground.read(id)
    const state = preview.steps.find(({ name }) => name === step)?.state ?? 'pending'
    if (preview.run === run && state !== 'pending') return state
    assert.ok(Date.now() < deadline && preview.status !== 'failed', JSON.stringify(preview))
  }
}

async function assertServes(preview: PreviewState, title: string): Promise<void> {
  const { status, body } = await visit(preview.url ?? '')
  assert.deepEqual([status, body.includes(`<title>${title}<`)], [200, true], body.slice(0, 2000))
}

/** Each has one sandbox, and there are no more; what an earlier run had may take a moment to go. */
async function assertAlone(...previews: readonly PreviewState[]): Promise<void> {
  const wanted = previews.map(({ sandboxId }) => sandboxId).toSorted()
  for (const deadline = Date.now() + 20_000; ; await sleep(100)) {
    const there = (await sandboxes(platform)).toSorted()
    if (there.join() === wanted.join()) return
    assert.ok(Date.now() < deadline, `${there.join()} instead of ${wanted.join()}`)
  }
}

const { id } = await ground.preview('static', 'main', slowly)
let run = (await ground.read(id)).run

/** In these the sandbox is made, changed by programs, and begins to serve; the others are like one of them. */
const unlike = ['sandbox', 'install', 'start']

// There is nothing to prepare.
for (const [at, step] of stepNames.filter((name) => name !== 'prepare').entries()) {
  test(`kill -9 in the step ${step}`, { timeout: 120_000, ...(unlike.includes(step) ? {} : long) }, async (context) => {
    if (at > 0) {
      const before = await ground.read(id)
      await ask(platform, 'POST', `/previews/${id}/restart`)
      run = before.run + 1
    }
    // The first run may have no number yet.
    const wanted = at === 0 ? Math.max(run, 1) : run
    const state = await reach(id, wanted, step)
    await kill()
    const ready = await ground.ready(id)
    context.diagnostic(`${step} was ${state}, begun ${ready.steps.find(({ name }) => name === step)?.attempts} times`)
    assert.equal(ready.run, wanted, 'it is the same run')
    await assertServes(ready, 'Static one')
    await assertAlone(ready)
  })
}

test('kill -9 of one that is ready: it serves on, without a run', { timeout: 60_000 }, async () => {
  const before = await ground.read(id)
  await kill()
  await assertServes(await ground.read(id), 'Static one')
  // The reconciler has gone around.
  await sleep(6000)
  const then = await ground.read(id)
  assert.deepEqual([then.status, then.run, then.sandboxId], ['ready', before.run, before.sandboxId])
})

test('kill -9 in the midst of an update', { timeout: 120_000 }, async () => {
  const before = await ground.read(id)
  await using checkout = await checkOut(ground.repository('static'))
  const commit = await checkout.push('main', sayInApp('static', 'two'))
  await ground.preview('static', 'main', slowly)
  await reach(id, before.run + 1, 'build')
  await kill()
  const ready = await ground.until(id, (preview) => preview.commit === commit && preview.status === 'ready')
  assert.equal(ready.sandboxId, before.sandboxId)
  await assertServes(ready, 'Static two')
})

test('kill -9 while an image is built, and while it comes to serve', { timeout: 180_000 }, async () => {
  const recipe = filesOfApp('dockerfile').Dockerfile ?? ''
  await using checkout = await checkOut(ground.repository('dockerfile'))
  await checkout.push('main', { Dockerfile: recipe.replace('RUN ', 'RUN sleep 2 && ') })
  const asked = await ground.preview('dockerfile')
  await reach(asked.id, 1, 'build')
  await sleep(1000)
  await kill()
  await reach(asked.id, 1, 'ready')
  await kill()
  const ready = await ground.ready(asked.id)
  assert.equal(ready.run, 1)
  await assertServes(ready, 'Docker one')
  await assertAlone(ready, await ground.read(id))
  assert.equal((await platform.call('DELETE', `/preview-projects/${ready.projectId}`)).status, 202)
})

test('kill -9 in the midst of its end: it goes, with all that it had', { timeout: 120_000 }, async () => {
  const { projectId } = await ground.read(id)
  assert.equal((await platform.call('DELETE', `/preview-projects/${projectId}`)).status, 202)
  await kill()
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    const projects = await ask<object[]>(platform, 'GET', '/preview-projects')
    if (projects.length === 0) break
    assert.ok(Date.now() < deadline, `projects do not go: ${JSON.stringify(projects)}`)
  }
  assert.deepEqual(await ask(platform, 'GET', '/previews'), [])
  assert.deepEqual(await ask(platform, 'GET', '/volumes'), [])
  assert.deepEqual(await sandboxes(platform), [])
  await assertNoLitter(platform)
})
