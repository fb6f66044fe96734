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

test('SSH by the published Python client', async (t) => {
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
    const { stdout } = await run(python.program, ['-u', join(import.meta.dirname, 'ssh.py')], {
      env,
      timeout: 120_000,
    })
    assert.equal(stdout.trim().split('\n').length, 2, stdout)
    for (const line of stdout.trim().split('\n')) t.diagnostic(line)
  } finally {
    await platform.remove()
  }
})
