import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'
import { percentile } from './figures.ts'

const sizeBytes = 1024 ** 3
const chunk = Buffer.alloc(256 * 1024)

/**
 * 1 GiB up and down through the gateway, and the same bytes through a plain local server: one that keeps nothing, and
 * one that writes them to the disk on which the sandboxes' disks are. Each is the middle of three rounds, taken in turn.
 */
export async function measureTransfer(platform: TestPlatform, client: Client): Promise<void> {
  const id = await client.create()
  await client.execute(id, 'true')
  const plain = createServer((incoming, response) => {
    if (incoming.method === 'GET') void write(response).then(() => response.end())
    else if (incoming.url === '/kept') {
      void pipeline(incoming, createWriteStream(join(platform.data, 'plain.bin'))).then(() => response.end())
    } else incoming.resume().on('end', () => response.end())
  })
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/`
  const file = `${platform.url}/toolbox/${id}/files`
  const headers = { authorization: `Bearer ${platform.apiKey}` }
  const works = {
    plainUp: () => upload(plainUrl, {}),
    keptUp: () => upload(`${plainUrl}kept`, {}),
    ourUp: () => upload(`${file}/upload-v2?path=/home/daytona/big`, headers),
    plainDown: () => download(plainUrl, {}),
    ourDown: () => download(`${file}/download?path=/home/daytona/big`, headers),
  }
  const taken: Record<string, number[]> = {}
  for (let round = 0; round < 3; round++) {
    for (const [name, work] of Object.entries(works)) taken[name] = [...(taken[name] ?? []), await work()]
  }
  const rate = (name: keyof typeof works): number => percentile(taken[name] ?? [], 0.5)
  const line = (ours: keyof typeof works, plain: keyof typeof works): string =>
    `${rate(ours).toFixed(0)}, plain ${rate(plain).toFixed(0)}: ${(rate(ours) / rate(plain)).toFixed(2)}`
  console.log(`\n1 GiB through the gateway, MB/s
  up    ${line('ourUp', 'plainUp')}
  up    ${line('ourUp', 'keptUp')} (plain that writes to the same disk)
  down  ${line('ourDown', 'plainDown')}`)
  plain.close()
  await client.remove(id)
}

function upload(url: string, headers: Record<string, string>): Promise<number> {
  return measure(async () => {
    const sent = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': sizeBytes },
    })
    await write(sent)
    sent.end()
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }]
    if (response.statusCode !== 200) throw new Error(`${url} answered ${response.statusCode}`)
    response.resume()
  })
}

function download(url: string, headers: Record<string, string>): Promise<number> {
  return measure(async () => {
    const sent = request(url, { headers })
    sent.end()
    const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream]
    let received = 0
    for await (const part of response) received += (part as Buffer).length
    if (received !== sizeBytes) throw new Error(`${url} gave ${received} bytes`)
  })
}

async function write(stream: NodeJS.WritableStream): Promise<void> {
  for (let written = 0; written < sizeBytes; written += chunk.length) {
    if (!stream.write(chunk)) await once(stream, 'drain')
  }
}

async function measure(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return sizeBytes / 1e6 / ((performance.now() - startedAt) / 1000)
}
