import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { openOutside } from '../../fixtures/outside.ts'
import { startGitOutside } from '../../fixtures/outside-git.ts'
import { startTestPlatform, type TestPlatform } from '../../fixtures/platform.ts'
import { recordCalls } from '../recording.ts'
import { preparePython } from './environment.ts'

const user = 'mona'
const password = 's3cret p@ss:word'
const mustRun = process.env.SANDYARD_FORCE_HOST_TESTS === '1'

let platform: TestPlatform
const recordedUrl = await recordCalls(() => platform)

// All that a Python client does, in one test: a busy machine takes a while for it.
test('the published Python client', { timeout: 480_000 }, async (t) => {
  const python = await preparePython().catch((error: Error) => error)
  if (python instanceof Error) {
    if (mustRun) throw python
    t.skip(python.message)
    return
  }
  t.diagnostic(`daytona ${python.version}`)

  await using ground = new AsyncDisposableStack()
  const outside = await openOutside()
  ground.defer(outside.close)
  const git = await startGitOutside(outside, [
    { name: 'octocat/hello.git', username: user, password },
    { name: 'octocat/private.git', isPrivate: true, username: user, password },
  ])
  platform = await startTestPlatform()
  ground.defer(() => platform.remove())

  const script = spawn(python.program, ['-u', join(import.meta.dirname, 'scenario.py')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      ...python.env,
      DAYTONA_API_URL: `${recordedUrl}/api`,
      DAYTONA_API_KEY: platform.apiKey,
      PLATFORM_PID: String(platform.pid),
      GIT_SERVER: git,
      GIT_USER: user,
      GIT_PASSWORD: password,
    },
  })
  ground.defer(() => void script.kill('SIGKILL'))
  let complaint = ''
  script.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-8000)
  })
  createInterface({ input: script.stdout }).on('line', (line) => t.diagnostic(line))
  const [code] = (await once(script, 'close')) as [number | null]
  assert.equal(code, 0, complaint)
})
