import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Engine, SandboxReport, SandboxSpec } from '@sandyard/protocol'
import type { Base } from './base/base.ts'
import { prepareBase } from './base/prepare.ts'
import { createLocalEngine, type LocalEngineOptions } from './engine.ts'
import { removeLocalEngine } from './orders/remove.ts'

/** False where real sandboxes can be made, else why not. */
export const skipWithoutRoot: string | false =
  process.env.SANDYARD_FORCE_HOST_TESTS === '1' || process.getuid?.() === 0 ? false : 'needs root'

const projectDir = resolve(import.meta.dirname, '../../..')
const network = '198.18.0.0/15'

/** The base that all tests share; the test command has made it before. */
export function testBase(): Promise<Base> {
  return prepareBase({ baseDir: process.env.SANDYARD_BASE ?? join(projectDir, '.cache/base'), projectDir })
}

/** A data folder of its own, and one engine after the other on it. */
export interface EngineGround {
  readonly data: string
  /** its number on this machine; there is one after the first `open` */
  readonly index: number
  /** what all engines here have told */
  readonly reports: SandboxReport[]
  /** warnings of all engines here */
  readonly warnings: string[]
  /** Opens an engine on the folder and recovers; close the one before first. */
  open(change?: Partial<LocalEngineOptions>): Promise<Engine>
  /** Removes the engine's traces and the folder. Close the engine first. */
  remove(): Promise<void>
}

/** Makes the ground; nothing is made ahead unless `open` is told so, so that what is left can be counted. */
export async function createGround(): Promise<EngineGround> {
  const base = await testBase()
  const data = mkdtempSync(join(tmpdir(), 'sandyard-engine-'))
  const reports: SandboxReport[] = []
  const warnings: string[] = []
  return {
    data,
    get index() {
      return (JSON.parse(readFileSync(join(data, 'instance.json'), 'utf8')) as { index: number }).index
    },
    reports,
    warnings,
    async open(change = {}) {
      const warn = (fields: object, message: string) => void warnings.push(`${message} ${JSON.stringify(fields)}`)
      const engine = await createLocalEngine({ ...testOptions(base, data), log: { info: () => {}, warn }, ...change })
      engine.onReport((report) => reports.push(report))
      await engine.recover()
      return engine
    },
    async remove() {
      await removeLocalEngine({ data, network })
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** What an engine on this data folder is made from, with nothing made ahead and a log that keeps silent. */
export function testOptions({ runtimeFolder, snapshots }: Base, data: string): LocalEngineOptions {
  return {
    data,
    runtimeFolder,
    snapshots,
    defaultSnapshot: 'default',
    diskPoolGib: 20,
    defaultDiskGib: 3,
    volumeSizeGib: 1,
    network,
    openRanges: [],
    insecureRegistries: [],
    commonEnv: {},
    caFile: null,
    archiveStore: null,
    spareCount: 0,
    log: { info: () => {}, warn: () => {} },
  }
}

/** A small sandbox under a new id. */
export function specOf(change: Partial<SandboxSpec> = {}): SandboxSpec {
  return {
    id: randomUUID(),
    hostname: 'test',
    snapshot: 'default',
    user: 'daytona',
    env: {},
    cpu: 1,
    memoryGib: 1,
    diskGib: 3,
    network: { blockAll: false, allowList: null },
    volumes: [],
    ...change,
  }
}

/** Runs a command inside and gives its output and exit code. */
export async function execute(
  engine: Engine,
  id: string,
  command: string,
): Promise<{ exitCode: number; result: string }> {
  const body = await call(await engine.dial(id, { kind: 'agent' }), 'POST', '/process/execute', {
    command,
    timeout: 30,
  })
  return JSON.parse(body) as { exitCode: number; result: string }
}

/** A call to the agent of a sandbox, with what came back. The body is JSON, or a form. */
export async function send(
  engine: Engine,
  id: string,
  method: string,
  path: string,
  body?: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever JSON came
): Promise<{ readonly status: number; readonly text: string; readonly json: any }> {
  const stream = await engine.dial(id, { kind: 'agent' })
  const isForm = body instanceof FormData
  const packed = body === undefined ? null : new Response(isForm ? body : JSON.stringify(body))
  const content = packed === null ? null : Buffer.from(await packed.arrayBuffer())
  const headers = {
    connection: 'close',
    ...(content === null ? {} : { 'content-length': content.length }),
    ...(packed === null ? {} : { 'content-type': isForm ? packed.headers.get('content-type') : 'application/json' }),
  } as unknown as Record<string, string>
  return await new Promise((done, fail) => {
    const sent = request({ createConnection: () => stream, method, path, headers }, (response) => {
      text(response).then((answer) => {
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        done({ status: response.statusCode ?? 0, text: answer, json: isJson ? JSON.parse(answer) : undefined })
      }, fail)
    })
    sent.once('error', fail)
    sent.end(content)
  })
}

/** One HTTP call over a dialled stream. */
export function call(stream: Duplex, method: string, path: string, body?: unknown): Promise<string> {
  return new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', connection: 'close' }
    const sent = request({ createConnection: () => stream, method, path, headers }, (response) => {
      text(response).then(done, fail)
    })
    sent.once('error', fail)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
