import assert from 'node:assert/strict'
import { stepNames } from '@sandyard/protocol'
import { type TestAnswer, type TestServer, until } from './test-server.ts'

/** Nobody is there: what the run itself comes to is tested elsewhere. */
const body = { repository: 'https://git.example.com/team/app.git', branch: 'main', port: 8080 }

/** Asks for a preview; answers what was said of it. */
async function wanted({ call }: TestServer): Promise<TestAnswer> {
  const answer = await call('POST /previews', { body })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer
}

/** A good call of each row of preview environments. */
export const previewCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async createPreview(test) {
    const answer = await wanted(test)
    const { id, organizationId, projectId, ...rest } = answer.body
    assert.deepEqual(rest, {
      repository: 'https://git.example.com/team/app.git',
      branch: 'main',
      commit: null,
      pullRequest: null,
      status: 'queued',
      error: null,
      framework: null,
      packageManager: null,
      sandboxId: null,
      port: null,
      url: null,
      notes: [],
      run: 0,
      steps: [],
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    const again = await test.call('POST /previews', { body: { ...body, repository: `${body.repository}/` } })
    assert.deepEqual([again.body.id, again.body.projectId], [id, projectId])
    return answer
  },
  async listPreviews(test) {
    const { id, projectId } = (await wanted(test)).body
    const list = async (query: string) => (await test.call(`GET /previews${query}`)).body
    for (const query of ['', '?branch=main', `?projectId=${projectId}`, `?repository=${body.repository}&branch=main`]) {
      assert.deepEqual(
        (await list(query)).map((one: { id: string }) => one.id),
        [id],
        query,
      )
    }
    for (const query of [
      '?branch=other',
      '?repository=https://git.example.com/other',
      '?repository=%00',
      '?projectId=x',
    ]) {
      assert.deepEqual(await list(query), [], query)
    }
    assert.deepEqual((await test.call('GET /previews', { key: await test.stranger() })).body, [])
    return test.call('GET /previews')
  },
  async getPreview(test) {
    const { id } = (await wanted(test)).body
    await until(async () => (await test.call(`GET /previews/${id}`)).body.run === 1)
    const answer = await test.call(`GET /previews/${id}`)
    assert.deepEqual(
      answer.body.steps.map(({ name }: { name: string }) => name),
      stepNames,
    )
    assert.equal((await test.call(`GET /previews/${id}`, { key: await test.stranger() })).status, 404)
    return answer
  },
  async restartPreview(test) {
    const { id } = (await wanted(test)).body
    assert.equal((await test.call(`POST /previews/${id}/restart`, { key: await test.stranger() })).status, 404)
    const answer = await test.call(`POST /previews/${id}/restart`)
    assert.equal(answer.body.status, 'queued')
    return answer
  },
  async deletePreview(test) {
    const { id } = (await wanted(test)).body
    assert.equal((await test.call(`DELETE /previews/${id}`, { key: await test.stranger() })).status, 404)
    const answer = await test.call(`DELETE /previews/${id}`)
    await until(async () => (await test.call(`GET /previews/${id}`)).status === 404)
    return answer
  },
  async getPreviewHealth(test) {
    const { id } = (await wanted(test)).body
    const path = `GET /previews/${id}/health`
    assert.equal((await test.call(path, { key: await test.stranger() })).status, 404)
    const answer = await test.call(path)
    assert.equal(answer.body.isAlive, false)
    return answer
  },
  async getPreviewLog(test) {
    const { id } = (await wanted(test)).body
    const path = `GET /previews/${id}/log`
    assert.equal((await test.call(path, { key: await test.stranger() })).status, 404)
    await until(async () => /== sandbox/.test((await test.call(path)).body))
    return test.call(path)
  },
}
