import assert from 'node:assert/strict'
import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { layGround } from '../../fixtures/ground.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const MiB = 1024 * 1024
const sizeMib = 200
const mostGrowthMib = 50
const sampleMs = 50

const { platform, folder, large, largeHash } = await layGround(async (ground) => {
  const platform = await startTestPlatform()
  ground.defer(platform.remove)
  const folder = mkdtempSync(join(tmpdir(), 'client-large-files-'))
  ground.defer(() => rmSync(folder, { recursive: true }))
  const large = join(folder, 'large.bin')
  await pipeline(Readable.from(noise()), createWriteStream(large))
  return { platform, folder, large, largeHash: await hashOf(large) }
})

for (const client of clients) {
  describe(client.name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
      await sandbox.fs.uploadFile(Buffer.alloc(MiB), 'warm')
      await sandbox.fs.downloadFile('warm')
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    test(`${sizeMib} MiB from a file`, async (t) => {
      await memoryStays(t, () => sandbox.fs.uploadFile(large, 'from-file.bin'))
      await assertArrived('from-file.bin')
    })

    test(`${sizeMib} MiB from a stream`, async (t) => {
      await memoryStays(t, () => sandbox.fs.uploadFileStream(createReadStream(large), 'from-stream.bin'))
      await assertArrived('from-stream.bin')
    })

    test(`${sizeMib} MiB to a file`, async (t) => {
      const back = join(folder, `back-${client.isNewest}`)
      await memoryStays(t, () => sandbox.fs.downloadFile('from-file.bin', back))
      assert.equal(await hashOf(back), largeHash)
      rmSync(back)
    })

    test(`${sizeMib} MiB to a stream`, async (t) => {
      const hash = createHash('sha256')
      await memoryStays(t, async () => {
        await pipeline(await sandbox.fs.downloadFileStream('from-file.bin'), hash)
      })
      assert.equal(hash.digest('hex'), largeHash)
    })

    async function assertArrived(path: string): Promise<void> {
      const { result } = await sandbox.process.executeCommand(`sha256sum < ${path}`)
      assert.equal(result.split(' ')[0], largeHash)
    }
  })
}

/** Measures the platform's process while the work is done. */
async function memoryStays(t: TestContext, work: () => Promise<void>): Promise<void> {
  const before = residentMib()
  let most = before
  const sampling = setInterval(() => {
    most = Math.max(most, residentMib())
  }, sampleMs)
  try {
    await work()
  } finally {
    clearInterval(sampling)
  }
  const growth = Math.max(most, residentMib()) - before
  t.diagnostic(`the platform's memory: ${before.toFixed(0)} MiB, and at most ${growth.toFixed(0)} MiB more`)
  assert.ok(growth < mostGrowthMib, `it grew by ${growth.toFixed(0)} MiB`)
}

function residentMib(): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${platform.pid}/status`, 'utf8'))?.[1]
  return Number(kib) / 1024
}

function* noise(): Generator<Buffer> {
  for (let i = 0; i < sizeMib; i++) yield randomFillSync(Buffer.alloc(MiB))
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
