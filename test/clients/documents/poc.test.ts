import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { putImage, shellLayer, startRegistry } from '../../../engine/src/local/images/registry.fixture.ts'
import type { Sandbox } from '../../../sdk/src/index.ts'
import { layGround } from '../../fixtures/ground.ts'
import { openDocument, skip } from './block.ts'
import { layDocumentGround, run, seen } from './ground.ts'

describe('the blocks of the proof of concept', { skip }, async () => {
  if (skip !== false) return
  const registry = await layGround(async (ground) => {
    const started = await startRegistry()
    ground.defer(() => started.close())
    return started
  })
  const { daytona, git } = await layDocumentGround(['--insecure-registries', registry.name])
  const poc = openDocument('self-hosted-poc')

  test('1: a session that runs a server', async () => {
    const sandbox = await daytona.create({ public: true })
    await run(sandbox, `npm install -g git+${git}opencode.git`)
    const { made, said } = await poc.run(1, { given: { sandbox } })
    const { cmdId } = made.result as { cmdId: string }
    assert.deepEqual(said, [cmdId])
    assert.match(await seen((await sandbox.getPreviewLink(4096)).url), /^configured/)
    assert.equal((await sandbox.process.getSessionCommand('my-session', cmdId)).exitCode, undefined)
  })

  test('2: an image, a command, a link', async () => {
    await putImage(registry, 'your-image', 'latest', { layers: [shellLayer()], config: { Env: ['PATH=/bin'] } })
    const changes = { 'your-image': `${registry.name}/your-image:latest` }
    const { made } = await poc.run(2, { given: { daytona, timeoutSeconds: 60, port: 3000 }, changes })
    assert.match((made.sandbox as Sandbox).buildInfo?.dockerfileContent ?? '', /your-image:latest/)
    assert.equal((made.result as { result: string }).result, 'hello\n')
    // A text at once, as its comment has it, cannot be: the address comes from the platform.
    const { url } = await (made.url as Promise<{ url: string }>)
    assert.match(url, /^http:\/\/3000-/)
  })

  test('every block was run, and is as it was when this was written', () => {
    assert.deepEqual([poc.notRun(), poc.changed()], [[], []])
  })
})
