import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { limits } from '@sandyard/protocol'
import { openGround, organization, stranger } from './objects.fixture.ts'

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer, void> {
  for (const text of texts) yield Buffer.from(text)
}

test('a context of the platform itself lies under the hash of its content, for its organization', async () => {
  await using ground = await openGround()
  for (let count = 0; count < 2; count++) {
    const hash = await ground.objects.put({
      organizationId: organization,
      sizeBytes: 100,
      bytes: pieces('con', 'text'),
    })
    assert.equal(hash, createHash('sha256').update('context').digest('hex'))
    const url = await ground.objects.contextUrl(organization, hash)
    assert.equal(readFileSync(fileURLToPath(url ?? ''), 'utf8'), 'context')
    assert.equal(await ground.objects.contextUrl(stranger, hash), null)
    assert.deepEqual(ground.files(), [`${organization}/${hash}/context.tar`])
  }
})

test('what is more than was told, breaks off, or has no room leaves nothing behind', async () => {
  await using ground = await openGround()
  const put = (sizeBytes: number, bytes: AsyncIterable<Buffer>) =>
    ground.objects.put({ organizationId: organization, sizeBytes, bytes })
  await assert.rejects(put(5, pieces('con', 'text')), { code: 'BAD_REQUEST' })
  async function* broken(): AsyncGenerator<Buffer, void> {
    yield Buffer.from('con')
    throw new Error('the sandbox is gone')
  }
  await assert.rejects(put(5, broken()), { message: 'the sandbox is gone' })
  await assert.rejects(put(limits.objectBytes + 1, pieces('x')), { code: 'INSUFFICIENT_STORAGE' })
  assert.deepEqual(ground.files(), [])
  // The room that they had is free again.
  for (let count = 0; count <= limits.objectUploads; count++) await put(5, pieces('x'))
})
