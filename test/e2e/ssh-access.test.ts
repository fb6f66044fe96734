import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { createAccess, openDoor, type Ran, type SshDoor, until } from '../fixtures/ssh.ts'

const text = ({ code, stdout, stderr }: Ran) => [code, stdout.toString(), stderr]

describe('who may come by SSH, and for how long', () => {
  let platform: TestPlatform
  let folder: string
  let id: string
  let door: SshDoor

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'sandyard-ssh-'))
    platform = await startTestPlatform()
    id = ((await platform.call('POST', '/sandbox', {})).body as { id: string }).id
    door = openDoor(await createAccess(platform, id), folder)
  })
  after(async () => {
    await platform?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('a reader who does not read costs no memory', async () => {
    const before_ = memoryOf(platform.pid)
    const client = door.start([], ['cat /dev/zero'])
    client.stdout?.pause()
    client.stdout?.removeAllListeners('data')
    await delay(3000)
    const grown = memoryOf(platform.pid) - before_
    client.kill('SIGKILL')
    assert.ok(grown < 60_000, `${grown} KiB more`)
  })

  test('a token that ends cuts what it has opened, and nothing else', async () => {
    const short = openDoor(await createAccess(platform, id, '?expiresInMinutes=0.05'), folder)
    const [revoked, other] = [openDoor(await createAccess(platform, id), folder), door]
    const begunMs = Date.now()
    const runs = [short, revoked, other].map((each) => each.ssh(['echo begun; sleep 6; echo over']))
    await delay(1500)
    await platform.call('DELETE', `/sandbox/${id}/ssh-access?token=${revoked.token}`)
    const endOf = runs[1]
    const ended = await endOf
    assert.deepEqual([ended?.code, ended?.stdout.toString()], [255, 'begun\n'])
    assert.match(ended?.stderr ?? '', /sandyard: This token for SSH is not known here: it was revoked/)
    const expired = await runs[0]
    assert.deepEqual([expired?.code, expired?.stdout.toString()], [255, 'begun\n'])
    assert.match(expired?.stderr ?? '', /sandyard: The token for SSH has expired/)
    assert.ok(Date.now() - begunMs < 5500, 'as it expires')
    assert.equal((await runs[2])?.stdout.toString(), 'begun\nover\n')
    for (const [each, why] of [
      [short, /^sandyard: This token for SSH has expired: make a new one\r?\n/],
      [revoked, /^sandyard: This token for SSH is not known here/],
    ] as const) {
      const again = await each.ssh(['true'])
      assert.equal(again.code, 255)
      assert.match(again.stderr, why)
    }
  })

  test('who is refused is told why', async () => {
    const { body } = await platform.call('POST', '/sandbox', {})
    const sandboxId = (body as { id: string }).id
    const stopped = openDoor(await createAccess(platform, sandboxId), folder)
    const open = stopped.ssh(['sleep 100'])
    await until(async () => (await stopped.ssh(['pgrep -x sleep'])).code === 0)
    await platform.call('POST', `/sandbox/${sandboxId}/stop`)
    assert.equal((await open).code, 255)
    const refused = await stopped.ssh(['true'])
    assert.equal(refused.code, 255)
    assert.match(
      refused.stderr,
      new RegExp(`^sandyard: Sandbox ${sandboxId} is stopped.*: start it, and connect again`),
    )
    await platform.call('POST', `/sandbox/${sandboxId}/start`)
    assert.equal((await stopped.ssh(['echo again'])).stdout.toString(), 'again\n')
    await platform.call('DELETE', `/sandbox/${sandboxId}`)
    assert.match((await stopped.ssh(['true'])).stderr, /its sandbox is gone/)
  })

  test('an open connection keeps its sandbox in use', async () => {
    const read = async () =>
      Date.parse(((await platform.call('GET', `/sandbox/${id}`)).body as { lastActivityAt: string }).lastActivityAt)
    await delay(50)
    const beforeMs = Date.now()
    await door.ssh(['true'])
    assert.ok((await read()) >= beforeMs)
  })

  test('a new start has the same key, and takes connections again', async () => {
    await platform.end('SIGKILL')
    await platform.start()
    const again = openDoor({ ...(await createAccess(platform, id)), token: door.token }, folder)
    // The file of known hosts has the key under the old port.
    const known = readFileSync(join(folder, 'known_hosts'), 'utf8')
    writeFileSync(join(folder, 'known_hosts'), known.replaceAll(`:${door.port} `, `:${again.port} `))
    const strict = await again.ssh(['echo kept'], { options: ['-o', 'StrictHostKeyChecking=yes'] })
    assert.deepEqual(text(strict), [0, 'kept\n', ''])
  })
})

function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
