import assert from 'node:assert/strict'
import { mkdtemp, readdir, readlink, realpath, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileRoutes } from '@sandyard/protocol'
import { createRouter } from '../http/router.ts'
import { createFileHandlers } from './routes.ts'

/** The file calls behind a real server, on a work dir that goes with it. For tests. */
export interface TestServer extends AsyncDisposable {
  readonly dir: string
  readonly port: number
  readonly url: string
  /** unexpected failures the router was told of; tests expect none */
  readonly faults: unknown[]
  /** Calls `GET /files?path=…` and the like. */
  call(method: string, path: string, query?: Record<string, string>, init?: RequestInit): Promise<Response>
  json(method: string, path: string, query?: Record<string, string>, body?: unknown): Promise<Answer>
}

/** Status and parsed body of an answer. */
export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: tests look at bodies as a client would
  readonly body: any
}

/** Starts the file calls on a new temporary work dir. */
export async function startTestServer(): Promise<TestServer> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'files-')))
  const faults: unknown[] = []
  const router = createRouter((fault) => faults.push(fault))
  router.add(fileRoutes, createFileHandlers({ workDir: dir }))
  const server = createServer((request, response) => void router.answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`

  async function call(method: string, path: string, query = {}, init: RequestInit = {}): Promise<Response> {
    return fetch(`${url}${path}?${new URLSearchParams(query)}`, { method, ...init })
  }

  return {
    dir,
    port,
    url,
    faults,
    call,
    async json(method, path, query, body) {
      const init = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
      const response = await call(method, path, query, body === undefined ? {} : init)
      const text = await response.text()
      return { status: response.status, body: text === '' ? null : JSON.parse(text) }
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(dir, { recursive: true, force: true })
      assert.deepEqual(faults, [])
    },
  }
}

/** Runs as a user without any rights while the work lasts; tests that run as root need it to be refused anything. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    return await work()
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
}

/** Paths of all files that this process has open now. */
export async function openPaths(): Promise<string[]> {
  const fds = await readdir('/proc/self/fd')
  return Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
}
