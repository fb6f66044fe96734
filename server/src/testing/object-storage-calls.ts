import assert from 'node:assert/strict'
import type { TestAnswer, TestServer } from './test-server.ts'

/** A good call of each row on object storage. */
export const objectStorageCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async getPushAccess({ call, create }) {
    const { organizationId } = await create()
    const answer = await call('GET /object-storage/push-access', { headers: { host: 'box.lan:8443' } })
    const { accessKey, secret, sessionToken, ...rest } = answer.body
    assert.deepEqual(rest, {
      storageUrl: 'http://box.lan:8443/s3',
      organizationId,
      bucket: 'build-contexts',
      region: 'us',
    })
    assert.match(`${accessKey} ${secret} ${sessionToken}`, /^[0-9A-F]{20} [\w-]{43} [\w-]{50,}\.[\w-]{43}$/)
    for (const permission of ['write:sandboxes', 'write:snapshots'] as const) {
      const { value } = (await call('POST /api-keys', { body: { name: permission, permissions: [permission] } })).body
      const own = await call('GET /object-storage/push-access', { key: value })
      assert.deepEqual([own.status, own.body.organizationId], [200, organizationId])
      assert.notEqual(own.body.secret, secret)
    }
    return answer
  },
}
