import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { listen } from '../../../server/src/testing/listen.ts'
import { adminKey, openTestServer, type TestServer } from '../../../server/src/testing/test-server.ts'
import { commands } from '../commands.ts'
import { runLine } from '../run-line.ts'

/** What a line did. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** A command line on a platform of its own, whose engine is a fake and whose clock stands three hours back. */
export interface TestLine extends AsyncDisposable {
  readonly server: TestServer
  /** with `/api` */
  readonly apiUrl: string
  /** an empty folder, which the lines run in; the profiles are below it */
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  /** Runs the words after `sandyard`; words with spaces are given as an array. */
  run(line: string | readonly string[], options?: RunOptions): Promise<Ran>
  /** Runs them with `-o json`, and parses what came. Fails when the line does. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  json(line: string | readonly string[]): Promise<any>
}

export interface RunOptions {
  /** letters in a line of the terminal; without, there is no terminal */
  readonly columns?: number
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string>>
}

type ServerSettings = NonNullable<Parameters<typeof openTestServer>[0]>

export const hoursBack = 3
/** how far a test may move its clock on, ms, without another hour being shown */
const clockRoomMs = 60_000

export async function openTestLine(options: Pick<ServerSettings, 'previewSteps'> = {}): Promise<TestLine> {
  const server = await openTestServer({ ...options, nowMs: Date.now() - hoursBack * 3_600_000 - clockRoomMs })
  const site = await listen(server)
  const folder = mkdtempSync(join(tmpdir(), 'sandyard-cli-'))
  const apiUrl = `${site.url}/api`
  const env = { DAYTONA_API_URL: apiUrl, DAYTONA_API_KEY: adminKey, SANDYARD_CONFIG_DIR: join(folder, 'config') }

  async function run(line: string | readonly string[], options: RunOptions = {}): Promise<Ran> {
    const out = catcher(options.columns)
    const err = catcher(undefined)
    const code = await runLine(commands, typeof line === 'string' ? line.split(' ') : line, {
      out: out.stream,
      err: err.stream,
      env: { ...env, ...options.env },
      folder,
      signal: options.signal ?? new AbortController().signal,
    })
    return { code, out: out.text(), err: err.text() }
  }

  return {
    server,
    apiUrl,
    folder,
    env,
    run,
    async json(line) {
      const words = typeof line === 'string' ? line.split(' ') : [...line]
      const { code, out, err } = await run([...words, '-o', 'json'])
      if (code !== 0) throw new Error(`sandyard ${words.join(' ')} ended with ${code}: ${err}`)
      return JSON.parse(out)
    },
    async [Symbol.asyncDispose]() {
      await site[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function catcher(columns: number | undefined): { readonly stream: NodeJS.WriteStream; readonly text: () => string } {
  let text = ''
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk)
      done()
    },
  })
  // what a command asks of a stream: whether it is a terminal, and how wide
  Object.assign(stream, columns === undefined ? {} : { isTTY: true, columns })
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text }
}
