import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startTestPlatform, type TestPlatform } from '../../fixtures/platform.ts'
import { recordCalls } from '../recording.ts'
import { preparePython } from './environment.ts'

const run = promisify(execFile)
const mustRun = process.env.SANDYARD_FORCE_HOST_TESTS === '1'

let platform: TestPlatform
const recordedUrl = await recordCalls(() => platform)

// Local files are tried in object-storage.test.ts: this client uploads over HTTPS only.
test('images and snapshots by the published Python client', async (t) => {
  const python = await preparePython().catch((error: Error) => error)
  if (python instanceof Error) {
    if (mustRun) throw python
    t.skip(python.message)
    return
  }
  platform = await startTestPlatform()
  try {
    const env = {
      ...process.env,
      ...python.env,
      DAYTONA_API_URL: `${recordedUrl}/api`,
      DAYTONA_API_KEY: platform.apiKey,
    }
    const { stdout } = await run(python.program, ['-u', join(import.meta.dirname, 'images.py')], {
      env,
      timeout: 240_000,
    })
    assert.equal(stdout.trim().split('\n').length, 4, stdout)
    for (const line of stdout.trim().split('\n')) t.diagnostic(line)
  } finally {
    await platform.remove()
  }
})
