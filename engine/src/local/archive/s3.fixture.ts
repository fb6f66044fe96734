import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { takeLock } from '../base/lock.ts'
import type { S3Place } from './s3-bucket.ts'

const run = promisify(execFile)
const folder = resolve(import.meta.dirname, '../../../../.cache/moto')
const program = join(folder, 'bin/moto_server')

/** A service of S3 that is not ours, on loopback. */
export interface S3Service {
  readonly place: S3Place
  close(): Promise<void>
}

/** Starts moto with an empty bucket; installs it when it is not there. Throws where PyPI does not answer. */
export async function startS3(): Promise<S3Service> {
  await using _ = await takeLock(folder, () => {})
  if (!existsSync(program)) {
    await run('python3', ['-m', 'venv', '--clear', folder])
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-input',
      '--disable-pip-version-check',
      '--retries',
      '1',
      'moto[server]',
    ]
    await run(join(folder, 'bin/python'), pip, { timeout: 240_000 })
  }
  const port = await freePort()
  const child = spawn(program, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, MOTO_S3_CUSTOM_ENDPOINTS: '' },
  })
  // Also when nobody comes to close it.
  child.unref()
  process.once('exit', () => child.kill('SIGKILL'))
  const endpoint = `http://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  const deadline = Date.now() + 30_000
  for (;;) {
    const made = await fetch(`${endpoint}/archives`, {
      method: 'PUT',
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=test/20300101/us-east-1/s3/aws4_request' },
    }).catch(() => null)
    if (made?.ok === true) break
    if (Date.now() > deadline || child.exitCode !== null) {
      await close()
      throw new Error('moto does not start')
    }
    await sleep(50)
  }
  return {
    place: {
      endpoint,
      region: 'us-east-1',
      bucket: 'archives',
      prefix: 'some/prefix',
      accessKey: 'test',
      secretKey: 'secret',
    },
    close,
  }
}

/** Passes connections on to a service, and cuts them. */
export interface Cutter {
  readonly endpoint: string
  /** how many connections have been cut */
  readonly cuts: number
  /** each connection is cut after so many bytes, both ways together, chosen by this; `Infinity` never */
  budget: () => number
  close(): Promise<void>
}

/** Opens a way to the service that can be cut. */
export async function openCutter(target: string): Promise<Cutter> {
  const { port, hostname } = new URL(target)
  const open = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    let left = cutter.budget()
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.on('data', (chunk: Buffer) => {
        left -= chunk.length
        if (left < 0) {
          cutter.cuts += 1
          near.destroy()
          far.destroy()
        } else if (!to.write(chunk)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cutter = {
    endpoint: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    cuts: 0,
    budget: () => Number.POSITIVE_INFINITY,
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
  return cutter
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
