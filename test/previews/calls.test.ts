import assert from 'node:assert/strict'
import { test } from 'node:test'
import { visit } from '../fixtures/visit.ts'
import { ask, layPreviewGround, type PreviewState, sandboxes } from './ground.ts'

/** What the calls do to a preview that serves: followed log, health, rest, restart, and both ways to delete. */
const ground = await layPreviewGround(['static'])
const { platform } = ground

interface Health {
  readonly isAlive: boolean
  readonly status: string
  readonly sandboxState: string | null
}

const health = (id: string) => ask<Health>(platform, 'GET', `/previews/${id}/health`)

test('a preview from its first call to its last', { timeout: 240_000 }, async () => {
  const asked = await ground.preview('static')
  const followed = await fetch(`${platform.apiUrl}/previews/${asked.id}/log?follow=true`, {
    headers: { authorization: `Bearer ${platform.apiKey}` },
  })
  const log = await followed.text()
  const first = await ground.read(asked.id)
  assert.equal(first.status, 'ready', log)
  assert.match(log, /== sandbox\n.*== clone\n.*== start\n.*The preview is ready\n$/s)
  assert.equal((await visit(first.url ?? '')).status, 200)
  assert.deepEqual(await health(asked.id), { isAlive: true, status: 'ready', sandboxState: 'started' })

  await ask(platform, 'POST', `/sandbox/${first.sandboxId}/stop`)
  assert.deepEqual(await health(asked.id), { isAlive: true, status: 'ready', sandboxState: 'stopped' })

  await ask(platform, 'POST', `/previews/${asked.id}/restart`)
  const second = await ground.until(asked.id, ({ status, run }) => status === 'ready' && run === 2)
  assert.notEqual(second.sandboxId, first.sandboxId)
  assert.equal(second.url, first.url, 'the URL stays')
  assert.equal((await visit(second.url ?? '')).status, 200)
  await comesTo(async () => (await sandboxes(platform)).length === 1)
  assert.deepEqual(await sandboxes(platform), [second.sandboxId])

  await ask(platform, 'DELETE', `/sandbox/${second.sandboxId}`)
  let failed: PreviewState = second
  await comesTo(async () => {
    failed = await ground.read(asked.id)
    return failed.status === 'failed'
  })
  assert.match(failed.error ?? '', /sandbox was deleted/)
  assert.deepEqual(await health(asked.id), { isAlive: false, status: 'failed', sandboxState: null })

  assert.equal((await ground.preview('static')).id, asked.id)
  const third = await ground.until(asked.id, ({ status, run }) => status === 'ready' && run === 3)
  assert.equal((await visit(third.url ?? '')).status, 200)

  await ask(platform, 'DELETE', `/previews/${asked.id}`)
  await comesTo(async () => (await platform.call('GET', `/previews/${asked.id}`)).status === 404)
  assert.deepEqual(await sandboxes(platform), [])
})

async function comesTo(isSo: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 30_000; !(await isSo()); await new Promise((go) => setTimeout(go, 100))) {
    assert.ok(Date.now() < deadline, 'it did not come to that')
  }
}
