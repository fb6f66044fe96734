import assert from 'node:assert/strict'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

type GoodCall = (server: TestServer) => Promise<TestAnswer>

/** What sandboxes and snapshots of tests are built from. */
export const dockerfile = 'FROM sandyard/default\nRUN true\n'

/** Waits until a snapshot is in the state; answers it. */
export async function snapshotIn({ call }: TestServer, name: string, state: string): Promise<TestAnswer['body']> {
  await until(async () => (await call(`GET /snapshots/${name}`)).body.state === state)
  return (await call(`GET /snapshots/${name}`)).body
}

/** Waits until a sandbox is in the state; answers it. */
export async function sandboxIn({ call }: TestServer, id: string, state: string): Promise<TestAnswer['body']> {
  await until(async () => (await call(`GET /sandbox/${id}`)).body.state === state)
  return (await call(`GET /sandbox/${id}`)).body
}

/** A good call of each row of builds. */
export const buildCalls: Record<string, GoodCall> = {
  async createSnapshot(server) {
    const { call, engine } = server
    engine.knobs.buildDelayMs = 20
    const body = {
      name: 'team/alpine:3',
      imageName: 'alpine:3.20',
      entrypoint: ['sleep', '9'],
      cpu: 2,
      memory: 3,
      disk: 4,
      gpu: 0,
      regionId: 'us',
      sandboxClass: 'container',
    }
    const answer = await call('POST /snapshots', { body })
    const { id, organizationId, createdAt, updatedAt, state, ...rest } = answer.body
    assert.ok(state === 'pending' || state === 'pulling', state)
    assert.deepEqual(rest, {
      general: false,
      name: body.name,
      imageName: 'alpine:3.20',
      size: null,
      entrypoint: ['sleep', '9'],
      cpu: 2,
      gpu: 0,
      mem: 3,
      disk: 4,
      errorReason: null,
      lastUsedAt: null,
      sourceSandboxId: null,
      sandboxClass: 'container',
    })
    const made = await snapshotIn(server, encodeURIComponent(body.name), 'active')
    assert.deepEqual([made.id, made.entrypoint, made.size], [id, ['sleep', '9'], 0])
    const sandbox = (await call('POST /sandbox', { body: { snapshot: body.name } })).body
    assert.deepEqual([sandbox.state, sandbox.cpu, sandbox.user], ['started', 2, 'root'])
    return answer
  },
  async getSnapshotBuildLogs(server) {
    await server.call('POST /snapshots', { body: { name: 'built', buildInfo: { dockerfileContent: dockerfile } } })
    const answer = await server.call('GET /snapshots/built/build-logs?follow=true')
    assert.equal(answer.body, `building ${dockerfile}\ndone\n`)
    return answer
  },
  async getSnapshotBuildLogsUrl(server) {
    const { id } = (await server.call('POST /snapshots', { body: { name: 'one', imageName: 'a/b:1' } })).body
    const answer = await server.call('GET /snapshots/one/build-logs-url', { headers: { host: 'box.lan:8443' } })
    assert.equal(answer.body.url, `http://box.lan:8443/api/snapshots/${id}/build-logs`)
    return answer
  },
  async getBuildLogs(server) {
    const { id } = await server.create({ buildInfo: { dockerfileContent: dockerfile } })
    const answer = await server.call(`GET /sandbox/${id}/build-logs?follow=true`)
    assert.equal(answer.body, `building ${dockerfile}\ndone\n`)
    assert.equal((await server.call(`GET /sandbox/${id}/build-logs`)).body, answer.body)
    return answer
  },
  async getBuildLogsUrl(server) {
    const { id } = await server.create({ buildInfo: { dockerfileContent: dockerfile } })
    const answer = await server.call(`GET /sandbox/${id}/build-logs-url`)
    assert.equal(answer.body.url, `http://localhost:3000/api/sandbox/${id}/build-logs`)
    return answer
  },
}

const login = { name: 'ours', url: 'https://Registry.Example:5000/', username: 'robot', password: 'p4ss' }

async function keepLogin({ call }: TestServer): Promise<TestAnswer> {
  return call('POST /docker-registry', { body: login })
}

/** A good call of each row of registries. */
export const registryCalls: Record<string, GoodCall> = {
  getTransientPushAccess: ({ call }) => call('GET /docker-registry/registry-push-access?regionId=us'),
  async createRegistry(server) {
    const answer = await keepLogin(server)
    const { id, createdAt, updatedAt, ...rest } = answer.body
    assert.deepEqual(rest, {
      name: 'ours',
      url: 'registry.example:5000',
      username: 'robot',
      project: '',
      registryType: 'organization',
    })
    return answer
  },
  async listRegistries(server) {
    await keepLogin(server)
    await server.call('POST /docker-registry', { body: { ...login, name: 'hub', url: 'docker.io', project: 'team' } })
    const answer = await server.call('GET /docker-registry')
    assert.deepEqual(answer.body.map(({ name }: { name: string }) => name).sort(), ['hub', 'ours'])
    assert.ok(!JSON.stringify(answer.body).includes('p4ss'))
    assert.deepEqual((await server.call('GET /docker-registry', { key: await server.stranger() })).body, [])
    return answer
  },
  async getRegistry(server) {
    const { id } = (await keepLogin(server)).body
    const answer = await server.call(`GET /docker-registry/${id}`)
    assert.equal(answer.body.name, 'ours')
    const key = await server.stranger()
    assert.equal((await server.call(`GET /docker-registry/${id}`, { key })).status, 404)
    return answer
  },
  async updateRegistry(server) {
    const { id } = (await keepLogin(server)).body
    const path = `PATCH /docker-registry/${id}`
    const body = { name: 'new', url: 'index.docker.io/v1/', username: 'me', password: 'p' }
    const answer = await server.call(path, { body })
    assert.deepEqual([answer.body.name, answer.body.url, answer.body.username], ['new', 'docker.io', 'me'])
    assert.equal((await server.call(path, { key: await server.stranger(), body: { name: 'x' } })).status, 404)
    return answer
  },
  async deleteRegistry(server) {
    const { id } = (await keepLogin(server)).body
    assert.equal((await server.call(`DELETE /docker-registry/${id}`, { key: await server.stranger() })).status, 404)
    const answer = await server.call(`DELETE /docker-registry/${id}`)
    assert.equal((await server.call(`GET /docker-registry/${id}`)).status, 404)
    return answer
  },
}
