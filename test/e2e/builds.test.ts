import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { startTestPlatform } from '../fixtures/platform.ts'

const platform = await startTestPlatform()
after(() => platform.remove())

interface Answered {
  readonly id: string
  readonly state: string
  readonly errorReason?: string | null
}

const call = async (method: string, path: string, body?: unknown): Promise<Answered> =>
  (await platform.call(method, path, body)).body as Answered

async function reach(path: string, states: readonly string[]): Promise<Answered> {
  for (let turn = 0; turn < 600; turn += 1) {
    const answered = await call('GET', path)
    if (states.includes(answered.state)) return answered
    await sleep(100)
  }
  throw new Error(`${path} did not come to ${states.join()}: ${JSON.stringify(await call('GET', path))}`)
}

function follow(path: string): { text: () => string; ended: Promise<void> } {
  let text = ''
  const read = async () => {
    const url = `${platform.apiUrl}${path}?follow=true`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${platform.apiKey}` } })
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
    try {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString()
    } catch {
      // A platform that is killed ends its answers in the midst.
    }
  }
  return { text: () => text, ended: read() }
}

async function told(log: { text: () => string }, what: RegExp): Promise<void> {
  for (let turn = 0; turn < 300 && !what.test(log.text()); turn += 1) await sleep(100)
  assert.match(log.text(), what)
}

const build = (text: string) => ({
  buildInfo: { dockerfileContent: `FROM sandyard/default\nRUN ${text}\n`, contextHashes: [] },
})

test('kill -9 in the midst of a build: followers end, and the build goes on with the next start', async () => {
  const { id } = await call('POST', '/sandbox', build('echo begun; sleep 5; echo end; echo x >$HOME/file'))
  const log = follow(`/sandbox/${id}/build-logs`)
  await told(log, /begun/)
  await platform.end('SIGKILL')
  await log.ended
  assert.doesNotMatch(log.text(), /^end$/m)
  await platform.start()
  const again = follow(`/sandbox/${id}/build-logs`)
  await reach(`/sandbox/${id}`, ['started'])
  await again.ended
  assert.match(again.text(), /begun.*the platform was restarted.*begun.*end/s)
  await platform.call('DELETE', `/sandbox/${id}`)
})

test('an end in order in the midst of a build fails nothing either', async () => {
  const { id } = await call('POST', '/snapshots', { name: 'slow', ...build('echo begun; sleep 4; echo end') })
  const log = follow(`/snapshots/${id}/build-logs`)
  await told(log, /begun/)
  await platform.end('SIGTERM')
  await log.ended
  assert.doesNotMatch(log.text(), /error:/)
  await platform.start()
  assert.equal((await reach(`/snapshots/${id}`, ['active', 'build_failed'])).state, 'active')
  assert.equal((await platform.call('DELETE', `/snapshots/${id}`)).status, 200)
})

test('what is deleted while it is built is built no more, and leaves neither log nor snapshot', async () => {
  const { id } = await call('POST', '/snapshots', { name: 'gone', ...build('echo begun; sleep 300') })
  const log = follow(`/snapshots/${id}/build-logs`)
  await told(log, /begun/)
  const began = performance.now()
  assert.equal((await platform.call('DELETE', `/snapshots/${id}`)).status, 200)
  await log.ended
  assert.ok(performance.now() - began < 15_000, 'it does not wait for the build')
  assert.equal((await platform.call('GET', '/snapshots/gone')).status, 404)
  const logs = () => readdirSync(join(platform.data, 'build-logs')).length
  const kept = logs()
  for (let turn = 0; turn < 200 && logs() > 1; turn += 1) await sleep(100)
  assert.equal(logs(), 1, `only the log of the first build is kept, of ${kept}`)
  const next = await call('POST', '/snapshots', { name: 'gone', ...build('true') })
  await reach(`/snapshots/${next.id}`, ['active'])
})
