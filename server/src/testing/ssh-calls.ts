import assert from 'node:assert/strict'
import { limits } from '@sandyard/protocol'
import type { TestAnswer, TestServer } from './test-server.ts'

const minuteMs = 60_000

/** Makes a token of a sandbox. */
async function tokenOf({ call }: TestServer, id: string, query = ''): Promise<string> {
  const answer = await call(`POST /sandbox/${id}/ssh-access${query}`)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.token
}

/** Whether each of the tokens opens its sandbox. */
async function opening({ server }: TestServer, tokens: readonly string[]): Promise<boolean[]> {
  const answers = await Promise.all(tokens.map((token) => server.access.checkSsh({ token, isLogin: true })))
  return answers.map(({ kind }) => kind === 'granted')
}

/** A good call of each row of tokens for SSH. */
export const sshCalls: Record<string, (server: TestServer) => Promise<TestAnswer>> = {
  async createSshAccess(test) {
    const { call, create, clock } = test
    const { id } = await create({ name: 'mine' })
    const answer = await call('POST /sandbox/mine/ssh-access')
    const { id: accessId, token, sshCommand, ...rest } = answer.body
    assert.match(accessId, /^[0-9a-f-]{36}$/)
    assert.match(token, /^[A-Za-z0-9]{32}$/)
    assert.equal(sshCommand, `ssh -p 2222 ${token}@localhost`)
    assert.deepEqual(rest, {
      sandboxId: id,
      expiresAt: '2030-01-01T01:00:00.000Z',
      createdAt: '2030-01-01T00:00:00.000Z',
      updatedAt: '2030-01-01T00:00:00.000Z',
    })
    clock.nowMs += 1
    const short = await tokenOf(test, id, '?expiresInMinutes=0.5')
    assert.deepEqual(await opening(test, [token, short]), [true, true], 'several are valid')
    clock.nowMs += minuteMs / 2
    assert.deepEqual(await opening(test, [token, short]), [true, false])
    const expired = await test.server.access.checkSsh({ token: short, isLogin: true })
    assert.ok(expired.kind === 'denied' && expired.isKnown && /expired/.test(expired.reason))
    // One more than may be: the oldest ends.
    for (let made = 0; made < limits.sshAccessCount - 2; made++) {
      clock.nowMs += 1
      await tokenOf(test, id)
    }
    assert.deepEqual(await opening(test, [token]), [true])
    clock.nowMs += 1
    const last = await tokenOf(test, id)
    assert.deepEqual(await opening(test, [token, last]), [false, true])
    return answer
  },
  async listSshAccesses(test) {
    const { call, create, clock } = test
    const [{ id }, other] = [await create({ name: 'mine' }), await create()]
    await tokenOf(test, other.id)
    const first = (await call('POST /sandbox/mine/ssh-access?expiresInMinutes=1')).body
    clock.nowMs += 1
    const second = (await call('POST /sandbox/mine/ssh-access')).body
    const listed = () => call('GET /sandbox/mine/ssh-access')
    const answer = await listed()
    assert.deepEqual(
      answer.body.map(({ userId, ...rest }: { userId: string }) => [typeof userId, rest]),
      [second, first].map(({ id: accessId, createdAt, expiresAt }) => [
        'string',
        { id: accessId, createdAt, expiresAt },
      ]),
    )
    assert.ok(!JSON.stringify(answer.body).includes(second.token))
    clock.nowMs += minuteMs
    assert.deepEqual(
      (await listed()).body.map((one: { id: string }) => one.id),
      [second.id],
    )
    await call(`DELETE /sandbox/${other.id}/ssh-access?id=${second.id}`)
    assert.deepEqual(await opening(test, [second.token]), [true])
    await call(`DELETE /sandbox/${id}/ssh-access?id=${second.id}`)
    assert.deepEqual([await opening(test, [second.token]), (await listed()).body], [[false], []])
    return answer
  },
  async revokeSshAccess(test) {
    const { call, create, server } = test
    const [one, other] = [await create(), await create()]
    const told: string[] = []
    server.onSshChange((sandboxId) => told.push(sandboxId))
    const [first, second, third] = [
      await tokenOf(test, one.id),
      await tokenOf(test, one.id),
      await tokenOf(test, one.id),
    ]
    const others = await tokenOf(test, other.id)
    assert.equal((await call(`DELETE /sandbox/${one.id}/ssh-access?token=${others}`)).status, 200)
    assert.deepEqual([await opening(test, [first, second, others]), told], [[true, true, true], []])
    const answer = await call(`DELETE /sandbox/${one.id}/ssh-access?token=${first}`)
    assert.equal(answer.body.id, one.id)
    assert.deepEqual([await opening(test, [first, second, others]), told], [[false, true, true], [one.id]])
    assert.equal((await call(`DELETE /sandbox/${one.id}/ssh-access`)).status, 200)
    assert.deepEqual(await opening(test, [first, second, third, others]), [false, false, false, true])
    assert.deepEqual(told, [one.id, one.id])
    return answer
  },
  async validateSshAccess(test) {
    const { call, create, stranger } = test
    const { id } = await create()
    const token = await tokenOf(test, id)
    const none = { valid: false, sandboxId: '' }
    const path = `GET /sandbox/ssh-access/validate?token=${token}`
    assert.deepEqual((await call(path, { key: await stranger() })).body, none)
    assert.deepEqual((await call(`${path}x`)).body, none)
    const answer = await call(path)
    assert.deepEqual(answer.body, { valid: true, sandboxId: id })
    await call(`POST /sandbox/${id}/stop`)
    const stopped = await test.server.access.checkSsh({ token, isLogin: true })
    assert.deepEqual(stopped, {
      kind: 'denied',
      reason: `Sandbox ${id} is stopped: start it, and connect again`,
      isKnown: true,
    })
    assert.equal((await call(path)).body.valid, true, 'of whatever state the sandbox is')
    await call(`DELETE /sandbox/${id}`)
    assert.deepEqual((await call(path)).body, none)
    return answer
  },
}
