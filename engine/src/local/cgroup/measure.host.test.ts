import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, SandboxUse } from '@sandyard/protocol'
import { assertRemoved } from '../empty.fixture.ts'
import { createGround, type EngineGround, execute, skipWithoutRoot, specOf } from '../engine.fixture.ts'

const MiB = 2 ** 20

describe('what sandboxes use', { skip: skipWithoutRoot }, () => {
  let ground: EngineGround
  let engine: Engine

  before(async () => {
    ground = await createGround()
    engine = await ground.open()
  })
  after(async () => {
    await engine.close()
    await assertRemoved(ground)
  })

  async function useOf(id: string): Promise<SandboxUse | undefined> {
    return (await engine.measure()).find(({ sandboxId }) => sandboxId === id)
  }

  it('is told of those that run, and grows with what they do', async () => {
    assert.deepEqual(await engine.measure(), [])
    const [busy, idle] = [specOf(), specOf()]
    await Promise.all([engine.create(busy), engine.create(idle)])
    const first = await useOf(busy.id)
    assert.ok(first !== undefined && first.memoryBytes > 5 * MiB && first.cpuMs > 0, JSON.stringify(first))

    // Holds 200 MiB and a file of 50 MiB, works for a second, and sends something to nobody.
    const program = `
import socket, time
held = bytearray(b'x') * (200 << 20)
end = time.process_time() + 1
while time.process_time() < end: pass
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(100): s.sendto(b'x' * 1000, ('203.0.113.1', 9))
print('ready', flush=True)
time.sleep(20)
`
    const command = `head -c 50M /dev/urandom > big; sync big; (python3 -c "${program}" > out 2>&1 &) ; while ! grep -q ready out; do sleep 0.05; done`
    assert.equal((await execute(engine, busy.id, command)).exitCode, 0)
    // What the disk holds is known after the file system has written it down.
    await sleep(1000)
    const [after, other] = [await useOf(busy.id), await useOf(idle.id)]
    assert.ok(after !== undefined && other !== undefined)
    assert.ok(after.cpuMs - first.cpuMs > 900, `cpu ${after.cpuMs - first.cpuMs}`)
    assert.ok(after.memoryBytes - first.memoryBytes > 190 * MiB, `memory ${after.memoryBytes}`)
    assert.ok(after.cacheBytes > 0)
    assert.ok(after.diskBytes - other.diskBytes > 45 * MiB, `disk ${after.diskBytes} ${other.diskBytes}`)
    assert.ok(after.sentBytes - first.sentBytes > 90_000, `sent ${after.sentBytes - first.sentBytes}`)
    assert.ok(other.cpuMs < after.cpuMs && other.memoryBytes < 100 * MiB, JSON.stringify(other))

    await engine.pause(idle.id)
    await engine.stop(busy.id, { graceMs: 0 })
    assert.deepEqual(await engine.measure(), [])
    await Promise.all([engine.destroy(busy.id), engine.destroy(idle.id)])
  })
})
