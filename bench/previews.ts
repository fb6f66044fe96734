import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import WebSocket from 'ws'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'
import { percentile, printFigures } from './figures.ts'
import { download, load, type Way } from './load.ts'
import { bigBytes, fileServer, packNginx, proxyServer, startNginx, untilAnswers } from './nginx.ts'
import { findAgent } from './soak-watch.ts'

const rounds = 3
const connections = 64
const loadSeconds = 5
const echoCount = 2000
const [filePort, socketPort] = [3000, 3001]
/** Room for the file that is downloaded: in less its server reads it from the disk again each time, and that is measured. */
const memoryGib = 2

/**
 * Previews beside nginx. Behind both stands the same server of files, nginx itself: ours in a sandbox, that of the
 * proxy beside it on the machine, which is a shorter way than ours.
 */
export async function benchPreviews(platform: TestPlatform, client: Client): Promise<void> {
  await using ground = new AsyncDisposableStack()
  const [files, sockets, proxy] = await freePorts(3)
  const echo = spawn('python3', [join(import.meta.dirname, 'echo.py'), String(sockets)], { stdio: 'inherit' })
  ground.defer(() => void echo.kill())
  const plain = await startNginx(fileServer(files), files)
  ground.defer(plain.close)
  const beside = await startNginx(proxyServer(proxy, { files, sockets }), proxy)
  ground.defer(beside.close)
  await untilAnswers(sockets)

  const open = await openSandbox(platform, client, true)
  ground.defer(() => client.remove(open.id))
  const closed = await openSandbox(platform, client, false)
  ground.defer(() => client.remove(closed.id))
  const at = (port: number): string => `http://127.0.0.1:${port}`
  const ways: Record<string, Way> = {
    'public preview': open.way,
    'private preview, token in a header': closed.way,
    'nginx as a proxy': { url: at(proxy), headers: {}, servants: [beside.pid] },
    'the server itself': { url: at(files), headers: {}, servants: [plain.pid] },
  }
  await compareRequests(ways)
  await compareDownloads(ways)
  await compareEchoes({
    'public preview': { ...open.way, headers: { ...open.way.headers, Host: open.socketHost } },
    'nginx as a proxy': { url: `${at(proxy)}/socket`, headers: {}, servants: [] },
    'the server itself': { url: at(sockets), headers: {}, servants: [] },
  })
}

async function compareRequests(ways: Readonly<Record<string, Way>>): Promise<void> {
  const found = await middles(ways, (way) => load(way, '/small', connections, loadSeconds))
  console.log(`\nRequests of 1 KiB over ${connections} connections, ${rounds} rounds of ${loadSeconds} s`)
  const nginx = found['nginx as a proxy']
  for (const [name, { requestsPerS, p50Ms, p99Ms, cores }] of Object.entries(found)) {
    const perCore = requestsPerS / cores
    const share = nginx === undefined ? Number.NaN : perCore / (nginx.requestsPerS / nginx.cores)
    console.log(
      `  ${name.padEnd(36)}${count(requestsPerS)}/s   p50 ${p50Ms.toFixed(1)} ms   p99 ${p99Ms.toFixed(1)} ms   ` +
        `${cores.toFixed(2)} cores   ${count(perCore)}/s a core: ${share.toFixed(2)} × nginx`,
    )
  }
}

async function compareDownloads(ways: Readonly<Record<string, Way>>): Promise<void> {
  const found = await middles(ways, (way) => download(way, '/big', bigBytes))
  console.log(`\nDownload of 1 GiB, ${rounds} rounds`)
  const nginx = found['nginx as a proxy']?.megabytesPerS ?? Number.NaN
  for (const [name, { megabytesPerS, megabytesPerCoreS }] of Object.entries(found)) {
    console.log(
      `  ${name.padEnd(36)}${count(megabytesPerS)} MB/s   ${count(megabytesPerCoreS)} MB/s a core: ` +
        `${(megabytesPerS / nginx).toFixed(2)} × nginx`,
    )
  }
}

/** One message there and back, over connections that are open: each way has its turn with each message. */
async function compareEchoes(ways: Readonly<Record<string, Way>>): Promise<void> {
  const opened = await Promise.all(
    Object.entries(ways).map(async ([name, { url, headers }]) => {
      const socket = new WebSocket(url.replace('http', 'ws'), { headers: { ...headers }, perMessageDeflate: false })
      await once(socket, 'open')
      return { name, socket, samples: [] as number[] }
    }),
  )
  for (let index = 0; index < echoCount; index++) {
    for (const { socket, samples } of opened) {
      const startedAt = performance.now()
      socket.send(`message ${index}`)
      const [back] = (await once(socket, 'message')) as [Buffer]
      samples.push(performance.now() - startedAt)
      if (back.toString() !== `message ${index}`) throw new Error(`the echo said ${back}`)
    }
  }
  for (const { socket } of opened) socket.terminate()
  printFigures('WebSocket, message to its echo', opened)
  for (const { name, samples } of opened)
    console.log(`  ${name.padEnd(34)} p99 ${percentile(samples, 0.99).toFixed(2)} ms`)
}

/** A sandbox with both servers in it, and the way to them. */
async function openSandbox(platform: TestPlatform, client: Client, isPublic: boolean) {
  const { id } = (await client.call('POST', '/api/sandbox', { public: isPublic, memory: memoryGib })) as { id: string }
  await upload(platform, id, 'server.tar.gz', packNginx(fileServer(filePort)))
  await upload(platform, id, 'echo.py', readFileSync(join(import.meta.dirname, 'echo.py')))
  const session = `/toolbox/${id}/process/session`
  await client.execute(id, 'mkdir server && tar -C server -xzf server.tar.gz')
  await client.call('POST', session, { sessionId: 'servers' })
  for (const command of ['cd server && sh run', `python3 echo.py ${socketPort}`]) {
    await client.call('POST', `${session}/servers/exec`, { command: `(${command}) &` })
  }
  const until = [filePort, socketPort].map((port) => `until (: < /dev/tcp/127.0.0.1/${port}) 2>&-; do sleep 0.1; done`)
  await client.execute(id, `timeout 20 bash -c '${until.join('; ')}'`)
  const link = (port: number) =>
    client.call('GET', `/api/sandbox/${id}/ports/${port}/preview-url`) as Promise<{ url: string; token: string }>
  const { url, token } = await link(filePort)
  const headers = { Host: new URL(url).host, ...(isPublic ? {} : { 'x-daytona-preview-token': token }) }
  const way = { url: platform.url.replace('localhost', '127.0.0.1'), headers, servants: [platform.pid, findAgent(id)] }
  return { id, way, socketHost: new URL((await link(socketPort)).url).host }
}

async function upload(platform: TestPlatform, id: string, path: string, body: Buffer): Promise<void> {
  const answer = await fetch(`${platform.url}/toolbox/${id}/files/upload-v2?path=/home/daytona/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.apiKey}`, 'content-type': 'application/octet-stream' },
    body: new Uint8Array(body),
  })
  if (!answer.ok) throw new Error(`upload of ${path}: ${answer.status} ${await answer.text()}`)
}

/** Does the work of each way in turn, round after round, and gives the middle of each of its figures. */
async function middles<T extends object>(
  ways: Readonly<Record<string, Way>>,
  work: (way: Way) => Promise<T>,
): Promise<Record<string, T>> {
  const taken = new Map<string, T[]>(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of Object.entries(ways)) taken.get(name)?.push(await work(way))
  }
  return Object.fromEntries(
    [...taken].map(([name, all]) => {
      const fields = Object.keys(all[0] ?? {}) as (keyof T)[]
      return [
        name,
        Object.fromEntries(
          fields.map((field) => [
            field,
            percentile(
              all.map((one) => Number(one[field])),
              0.5,
            ),
          ]),
        ),
      ]
    }),
  ) as Record<string, T>
}

async function freePorts(amount: number): Promise<[number, number, number]> {
  const servers = Array.from({ length: amount }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports as [number, number, number]
}

function count(value: number): string {
  return Math.round(value).toString().padStart(7)
}
