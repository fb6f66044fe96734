import assert from 'node:assert/strict'
import { PlatformError, unlimited } from '@sandyard/protocol'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

/** A good call of each row on limits, use, the audit log and regions. */
export const limitCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async getOrganizationUsageOverview({ call, create }) {
    const { id, organizationId } = await create({ cpu: 2, memory: 4, disk: 5 })
    await create()
    await call(`POST /sandbox/${id}/stop`)
    await call(`POST /sandbox/${id}/snapshot`, { body: { name: 'saved' } })
    await call('POST /volumes', { body: { name: 'data' } })
    const answer = await call(`GET /organizations/${organizationId}/usage`)
    assert.deepEqual(answer.body, {
      regionUsage: [
        {
          regionId: 'us',
          sandboxClass: 'container',
          totalCpuQuota: unlimited,
          currentCpuUsage: 1,
          totalMemoryQuota: unlimited,
          currentMemoryUsage: 1,
          totalDiskQuota: unlimited,
          currentDiskUsage: 8,
          totalGpuQuota: 0,
          currentGpuUsage: 0,
          maxCpuPerSandbox: null,
          maxMemoryPerSandbox: null,
          maxDiskPerSandbox: null,
          maxDiskPerNonEphemeralSandbox: null,
          maxCpuPerGpu: null,
          maxMemoryPerGpu: null,
          maxDiskPerGpu: null,
        },
      ],
      totalSnapshotQuota: 100,
      currentSnapshotUsage: 1,
      totalVolumeQuota: 100,
      currentVolumeUsage: 1,
    })
    return answer
  },
  async getOrganizationUsagePeriods({ call, create, clock }) {
    const { id, organizationId } = await create({ cpu: 2, memory: 4, disk: 5 })
    clock.nowMs += 3_600_000
    await call(`POST /sandbox/${id}/stop`)
    clock.nowMs += 3_600_000
    const answer = await call(`GET /organizations/${organizationId}/usage/periods?sandboxId=${id}&limit=1`)
    const { items, total, totalPages, totals } = answer.body
    assert.deepEqual([total, totalPages, totals], [2, 2, { cpuHours: 2, memoryGiBHours: 4, diskGiBHours: 10 }])
    assert.deepEqual(items, [
      {
        sandboxId: id,
        organizationId,
        regionId: 'us',
        startAt: '2030-01-01T01:00:00.000Z',
        endAt: null,
        cpu: 0,
        gpu: 0,
        memory: 0,
        disk: 5,
      },
    ])
    return answer
  },
  async updateOrganizationQuota({ call, create, stranger }) {
    const { organizationId } = await create()
    const theirs = await stranger()
    const quota = `PATCH /organizations/${organizationId}/quota`
    const answer = await call(quota, { body: { maxCpuPerSandbox: 1, volumeQuota: 0 } })
    assert.match((await call('POST /sandbox', { body: { cpu: 2 } })).body.message, /^CPU request 2 exceeds .* \(1\)\./)
    assert.match(
      (await call('POST /volumes', { body: {} })).body.message,
      /^Volume quota exceeded\. Maximum allowed: 0/,
    )
    assert.equal(
      (await call('POST /sandbox', { key: theirs, body: { cpu: 2 } })).status,
      200,
      'others are as they were',
    )
    assert.equal((await call(`GET /organizations/${organizationId}`)).body.maxCpuPerSandbox, 1)
    await call(quota, { body: { maxCpuPerSandbox: null } })
    assert.equal((await call('POST /sandbox', { body: { cpu: 2 } })).status, 200)
    assert.equal((await call(`GET /organizations/${organizationId}/usage`)).body.totalVolumeQuota, 0)
    return answer
  },
  async updateOrganizationRegionQuota({ call, create }) {
    const { organizationId } = await create()
    const answer = await call(`PATCH /organizations/${organizationId}/quota/us`, { body: { totalCpuQuota: 1 } })
    assert.match((await call('POST /sandbox', { body: {} })).body.message, /^Total CPU limit exceeded/)
    const { regionUsage } = (await call(`GET /organizations/${organizationId}/usage`)).body
    assert.deepEqual([regionUsage[0].totalCpuQuota, regionUsage[0].totalMemoryQuota], [1, unlimited])
    return answer
  },
  async adminCreateOrganizationRegionQuota({ call, create }) {
    const { organizationId } = await create()
    const body = { sandboxClass: 'container', totalCpuQuota: 5, maxDiskPerNonEphemeralSandbox: 2 }
    const answer = await call(`POST /admin/organizations/${organizationId}/quota/us`, { body })
    assert.deepEqual([answer.body.totalCpuQuota, answer.body.totalDiskQuota], [5, unlimited])
    assert.match((await call('POST /sandbox', { body: {} })).body.message, /^Disk request 3GB .* non-ephemeral/)
    return answer
  },
  async adminUpdateOrganizationRegionQuota({ call, create }) {
    const { organizationId } = await create()
    const path = `/admin/organizations/${organizationId}/quota/us`
    await call(`POST ${path}`, { body: { totalCpuQuota: 5, totalDiskQuota: 6 } })
    const answer = await call(`PATCH ${path}`, { body: { totalCpuQuota: 7 } })
    const { totalCpuQuota, totalDiskQuota } = (await call(`GET ${path}/container`)).body
    assert.deepEqual([totalCpuQuota, totalDiskQuota], [7, 6])
    return answer
  },
  async adminGetOrganizationRegionQuota({ call, create }) {
    const { organizationId } = await create()
    const path = `/admin/organizations/${organizationId}/quota/us`
    await call(`POST ${path}`, { body: { totalMemoryQuota: 5 } })
    const answer = await call(`GET ${path}/container`)
    assert.deepEqual([answer.body.organizationId, answer.body.totalMemoryQuota], [organizationId, 5])
    return answer
  },
  async adminDeleteOrganizationRegionQuota({ call, create }) {
    const { organizationId } = await create()
    const path = `/admin/organizations/${organizationId}/quota/us`
    await call(`POST ${path}`, { body: { totalCpuQuota: 1 } })
    const answer = await call(`DELETE ${path}/container`)
    assert.equal((await call(`GET ${path}/container`)).status, 404)
    await create()
    return answer
  },
  async adminRecoverSandbox({ call, engine, stranger }) {
    const key = await stranger()
    const { id } = (await call('POST /sandbox', { key, body: {} })).body
    await call(`POST /sandbox/${id}/stop`, { key })
    await call(`POST /sandbox/${id}/archive`, { key })
    engine.knobs.failures.restore = new PlatformError('INSUFFICIENT_STORAGE', 'The disks are full')
    await call(`POST /sandbox/${id}/start`, { key })
    await until(async () => (await call(`GET /sandbox/${id}`, { key })).body.state === 'error')
    engine.knobs.failures = {}
    const answer = await call(`POST /admin/sandbox/${id}/recover`)
    assert.equal(answer.body.state, 'started')
    return answer
  },
  async getOrganizationAuditLogs({ call, create, clock }) {
    const { id, organizationId } = await create({ name: 'box' })
    clock.nowMs += 1000
    await call('POST /sandbox/box/stop', { headers: { 'user-agent': 'curl/8', 'x-daytona-source': 'cli' } })
    const answer = await call(`GET /audit/organizations/${organizationId}?limit=1`)
    const { items, total, totalPages, nextToken } = answer.body
    assert.deepEqual([total, totalPages], [2, 2])
    const { id: _, actorId, actorEmail: __, ...entry } = items[0]
    assert.equal(typeof actorId, 'string')
    assert.deepEqual(entry, {
      actorApiKeyPrefix: 'dtn',
      actorApiKeySuffix: 'aaa',
      organizationId,
      action: 'stop',
      targetType: 'sandbox',
      targetId: id,
      statusCode: 200,
      ipAddress: '127.0.0.1',
      userAgent: 'curl/8',
      source: 'cli',
      metadata: { params: { sandboxIdOrName: 'box' } },
      createdAt: '2030-01-01T00:00:01.000Z',
    })
    const rest = await call(`GET /audit/organizations/${organizationId}?nextToken=${nextToken}`)
    assert.deepEqual([rest.body.items.length, rest.body.items[0].action, rest.body.nextToken], [1, 'create', undefined])
    return answer
  },
  async adminGetAllAuditLogs({ call, create, stranger }) {
    await create()
    const key = await stranger()
    await call('POST /sandbox', { key, body: {} })
    const answer = await call('GET /admin/audit?action[eq]=create&targetType[eq]=sandbox')
    assert.equal(new Set(answer.body.items.map((item: { organizationId: string }) => item.organizationId)).size, 2)
    return answer
  },
  async getAuditScenarios({ call }) {
    const answer = await call('GET /audit/scenarios', { key: null })
    const sandbox = answer.body.targets.find((target: { targetType: string }) => target.targetType === 'sandbox')
    for (const action of ['create', 'delete', 'start', 'stop', 'fork', 'set_auto_stop_interval', 'recover']) {
      assert.ok(sandbox.actions.includes(action), action)
    }
    return answer
  },
  async listSharedRegions({ call }) {
    const answer = await call('GET /shared-regions', { key: null })
    assert.deepEqual(answer.body, (await call('GET /regions')).body)
    return answer
  },
  async listAvailableRegions({ call }) {
    const answer = await call('GET /regions')
    const [{ id, name, regionType, createdAt }] = answer.body
    assert.deepEqual([id, name, regionType, createdAt], ['us', 'here', 'shared', '2030-01-01T00:00:00.000Z'])
    return answer
  },
  getRegionById: ({ call }) => call('GET /regions/us'),
  createRegion: ({ call }) => call('POST /regions', { body: { name: 'mine' } }),
  updateRegion: ({ call }) => call('PATCH /regions/us', { body: { proxyUrl: null } }),
  deleteRegion: ({ call }) => call('DELETE /regions/us'),
  regenerateProxyApiKey: ({ call }) => call('POST /regions/us/regenerate-proxy-api-key'),
  regenerateSshGatewayApiKey: ({ call }) => call('POST /regions/us/regenerate-ssh-gateway-api-key'),
  regenerateSnapshotManagerCredentials: ({ call }) => call('POST /regions/us/regenerate-snapshot-manager-credentials'),
}
