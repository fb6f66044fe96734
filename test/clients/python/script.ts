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

/** A script of this folder against a platform of its own; it prints a line for each thing that it has seen to work. */
export interface ClientScript {
  readonly title: string
  readonly script: string
  /** settings of the platform */
  readonly settings: readonly string[]
  readonly lineCount: number
  readonly timeoutMs: number
}

/** Makes the test of a script. It is skipped where the client cannot be had. */
export async function testScript({ title, script, settings, lineCount, timeoutMs }: ClientScript): Promise<void> {
  let platform: TestPlatform
  const recordedUrl = await recordCalls(() => platform)
  test(title, async (t) => {
    const python = await preparePython().catch((error: Error) => error)
    if (python instanceof Error) {
      if (mustRun) throw python
      t.skip(python.message)
      return
    }
    platform = await startTestPlatform(settings)
    try {
      const env = {
        ...process.env,
        ...python.env,
        DAYTONA_API_URL: `${recordedUrl}/api`,
        DAYTONA_API_KEY: platform.apiKey,
      }
      const args = ['-u', join(import.meta.dirname, script)]
      const { stdout } = await run(python.program, args, { env, timeout: timeoutMs })
      const lines = stdout.trim().split('\n')
      assert.equal(lines.length, lineCount, stdout)
      for (const line of lines) t.diagnostic(line)
    } finally {
      await platform.remove()
    }
  })
}
