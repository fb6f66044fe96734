import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import WebSocket from 'ws'
import { lookAtProcess } from '../../bench/soak-watch.ts'
import { createInside, type Inside } from '../fixtures/inside.ts'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

/** Open at a time; 10000 takes a limit of more than 25000 files (`ulimit -n`). */
const socketCount = Number(process.env.SANDYARD_TEST_SOCKETS ?? 1000)
/** opened at once */
const batch = 50
/** memory of the platform for one that is idle, KiB */
const mostKib = 48
const port = 3000

let platform: TestPlatform
let inside: Inside

before(async () => {
  platform = await startTestPlatform()
  inside = await createInside(platform)
  await inside.write('echo.py', readFileSync(join(import.meta.dirname, '../../bench/echo.py')))
  await inside.serve(`python3 echo.py ${port}`, port)
})
after(async () => {
  await platform.remove()
})

it(`${socketCount} idle WebSockets take little memory, keep working, and leave nothing`, {
  timeout: 500_000,
}, async (t) => {
  const { url, token } = await inside.link(port)
  const open = async (): Promise<WebSocket> => {
    const socket = new WebSocket(url.replace('http', 'ws'), {
      headers: { 'x-daytona-preview-token': token },
      perMessageDeflate: false,
      lookup: (_name, { all }, found) => {
        if (all === true) found(null, [{ address: '127.0.0.1', family: 4 }])
        else found(null, '127.0.0.1', 4)
      },
    })
    await once(socket, 'open')
    return socket
  }
  const echo = async (socket: WebSocket | undefined): Promise<void> => {
    assert.ok(socket)
    socket.send('still there')
    const [back] = await once(socket, 'message')
    assert.equal(String(back), 'still there')
  }
  const look = () => lookAtProcess(platform.pid)

  // The first ones make what all share.
  const sockets = await Promise.all(Array.from({ length: batch }, open))
  for (const socket of sockets) await echo(socket)
  await sleep(3000)
  const first = look()
  while (sockets.length < socketCount + batch) sockets.push(...(await Promise.all(Array.from({ length: batch }, open))))
  await sleep(3000)
  const opened = look()
  const perSocketKib = (opened.pssKib - first.pssKib) / socketCount
  await sleep(20_000)
  const later = look()
  t.diagnostic(
    `${socketCount} WebSockets: ${perSocketKib.toFixed(1)} KiB each; ${opened.pssKib} KiB, then ${later.pssKib} KiB`,
  )
  assert.ok(perSocketKib < mostKib, `${perSocketKib} KiB each`)
  assert.ok(later.pssKib < opened.pssKib * 1.05 + 4096, `${opened.pssKib} KiB, 20 s later ${later.pssKib} KiB`)
  assert.ok(opened.fds - first.fds <= 2 * socketCount + 20, `${opened.fds - first.fds} descriptors`)
  for (let index = 0; index < sockets.length; index += Math.ceil(sockets.length / 50)) await echo(sockets[index])

  for (const socket of sockets) socket.terminate()
  const untilMs = performance.now() + 20_000
  while (look().fds > first.fds - 2 * batch + 20) {
    assert.ok(performance.now() < untilMs, `${look().fds} descriptors, ${first.fds} with the first ${batch}`)
    await sleep(200)
  }
  await echo(await open())
})
