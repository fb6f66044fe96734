import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gitRoutes } from '@sandyard/protocol'
import { createRouter } from '../http/router.ts'
import { findTools } from '../tools.ts'
import { createGitHandlers } from './routes.ts'

/** An answer with its body read. */
export interface Answer {
  readonly status: number
  readonly text: string
  /** code of an error body */
  readonly code: string | undefined
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever JSON came
  readonly json: any
}

/** The git calls behind a real HTTP server, in a work dir and a home of their own. */
export interface GitCalls {
  readonly workDir: string
  readonly home: string
  /** what commands of the sandbox get; tests change it */
  readonly environment: Record<string, string>
  /** what the router reported as a fault of ours */
  readonly faults: unknown[]
  get(path: string, query?: Record<string, string>): Promise<Answer>
  send(path: string, body: unknown, options?: { method?: string; signal?: AbortSignal }): Promise<Answer>
  /** the git program itself, in a folder of the work dir */
  git(folder: string, ...args: string[]): string
  close(): Promise<void>
}

/** Starts the git calls for a test. */
export async function startGitCalls(): Promise<GitCalls> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'git-calls-')))
  const workDir = join(root, 'work')
  const home = join(root, 'home')
  mkdirSync(workDir)
  mkdirSync(home)
  const environment = { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' }
  const faults: unknown[] = []
  const router = createRouter((fault) => faults.push(fault))
  router.add(
    gitRoutes,
    createGitHandlers({ workDir, environment: () => ({ ...environment }), tools: findTools(undefined) }),
  )
  const server = createServer((request, response) => void router.answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/git`
  return {
    workDir,
    home,
    environment,
    faults,
    get: async (path, query = {}) => readAnswer(await fetch(`${base}/${path}?${new URLSearchParams(query)}`)),
    send: async (path, body, { method = 'POST', signal } = {}) =>
      readAnswer(
        await fetch(`${base}/${path}`, {
          method,
          body: JSON.stringify(body),
          ...(signal === undefined ? {} : { signal }),
        }),
      ),
    git: (folder, ...args) =>
      execFileSync('git', args, {
        cwd: join(workDir, folder),
        env: {
          ...environment,
          GIT_AUTHOR_NAME: 'A',
          GIT_AUTHOR_EMAIL: 'a@b',
          GIT_COMMITTER_NAME: 'A',
          GIT_COMMITTER_EMAIL: 'a@b',
        },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text()
  const json = text === '' ? undefined : JSON.parse(text)
  return { status: response.status, text, json, code: json?.code }
}
