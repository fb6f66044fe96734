import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'

const sizeBytes = 1024 ** 3
const chunk = Buffer.alloc(256 * 1024)

/** 1 GiB up and down through the gateway, and the same bytes through a plain local server that keeps nothing. */
export async function measureTransfer(platform: TestPlatform, client: Client): Promise<void> {
  const id = await client.create()
  await client.execute(id, 'true')
  const plain = createServer((incoming, response) => {
    if (incoming.method === 'GET') void write(response).then(() => response.end())
    else incoming.resume().on('end', () => response.end())
  })
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  const plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}/`
  const file = `${platform.url}/toolbox/${id}/files`
  const headers = { authorization: `Bearer ${platform.apiKey}` }
  const rates = {
    plainUp: await upload(plainUrl, {}),
    ourUp: await upload(`${file}/upload-v2?path=/home/daytona/big`, headers),
    plainDown: await download(plainUrl, {}),
    ourDown: await download(`${file}/download?path=/home/daytona/big`, headers),
  }
  console.log(`\n1 GiB through the gateway, MB/s
  up    ${rates.ourUp.toFixed(0)}, plain ${rates.plainUp.toFixed(0)}: ${(rates.ourUp / rates.plainUp).toFixed(2)}
  down  ${rates.ourDown.toFixed(0)}, plain ${rates.plainDown.toFixed(0)}: ${(rates.ourDown / rates.plainDown).toFixed(2)}`)
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
