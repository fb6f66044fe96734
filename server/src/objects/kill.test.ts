import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { openGround, organization } from './objects.fixture.ts'
import type { PushAccess } from './objects.ts'

const program = join(import.meta.dirname, '../testing/objects-until-killed.ts')
const rounds = Number(process.env.SANDYARD_CRASH_ROUNDS ?? 3)
const context = 'a'.repeat(32)

test('uploads that a kill cuts off leave the old object or the new one, whole', { timeout: 120_000 }, async () => {
  await using ground = await openGround()
  const contents = new Map<string, Buffer>()
  let acknowledged = ''
  for (let round = 0; round < rounds; round++) {
    const child = spawn(process.execPath, [program, ground.folder, organization], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    const client = ground.client(JSON.parse(line) as PushAccess)
    const killAfterMs = 100 + Math.random() * 600
    setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    for (let count = 0; ; count++) {
      const Body = randomBytes(6 * 1024 * 1024 + count)
      const sha256 = hash('sha256', Body)
      contents.set(sha256, Body)
      const params = { Bucket: 'build-contexts', Key: `${organization}/${context}/context.tar`, Body }
      try {
        await (count % 2 === 0 ? client.send(new PutObjectCommand(params)) : new Upload({ client, params }).done())
        acknowledged = sha256
      } catch {
        break // Killed.
      }
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    await ground.reopen()
    const url = await ground.objects.contextUrl(organization, context)
    const found = url === null ? '' : hash('sha256', readFileSync(fileURLToPath(url)))
    const what = `after ${Math.round(killAfterMs)} ms`
    if (acknowledged !== '') assert.notEqual(url, null, what)
    // The last one may have got its name before the kill, its answer not out.
    const last = [...contents.keys()].at(-1)
    assert.ok(found === acknowledged || found === last, what)
    if (found !== '') acknowledged = found
    assert.deepEqual(
      ground.files().filter((file) => file.startsWith('.new')),
      [],
      what,
    )
    contents.clear()
  }
  assert.notEqual(acknowledged, '')
})
