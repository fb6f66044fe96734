import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Sandbox } from '@sandyard/sdk'
import type { Box } from '../box.ts'
import type { Synchronizer, SyncSession, SyncState } from '../synchronizer.ts'
import type { Inside } from './inside.ts'
import { createSync, type SyncOptions } from './sync.ts'

/** A user's repository, and folders that stand for sandboxes; scripts run in a shell of this machine. */
export interface SyncGround extends Disposable {
  readonly folder: string
  readonly repository: string
  /** what people were told */
  readonly told: string[]
  readonly logged: string[]
  sync(options?: SyncOptions, directory?: string): Synchronizer
  /** Runs git in a folder and gives what it printed. */
  git(folder: string, ...args: string[]): string
  /** Runs git in the user's repository. */
  here(...args: string[]): string
  write(path: string, text: string): void
  session(name: string, state?: SyncState | null): TestSession
}

/** A session with a sandbox of its own. */
export interface TestSession extends SyncSession {
  readonly box: Box
  /** the project inside */
  readonly inside: string
  readonly saved: SyncState[]
  /** Runs git inside. */
  git(...args: string[]): string
  write(path: string, text: string): void
}

const identity = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com', '-c', 'protocol.file.allow=always']

/** Makes one; `format` is what `git init` gets, null makes no repository. */
export function createGround(format: readonly string[] | null = []): SyncGround {
  const folder = mkdtempSync(join(tmpdir(), 'sync-test-'))
  const repository = join(folder, 'repo')
  mkdirSync(join(folder, 'home'))
  mkdirSync(repository)
  const environment = { PATH: process.env.PATH, HOME: join(folder, 'home') }
  const told: string[] = []
  const logged: string[] = []
  const git = (place: string, ...args: string[]): string =>
    execFileSync('git', [...identity, '-C', place, ...args], {
      encoding: 'utf8',
      env: { ...environment, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trimEnd()
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  if (format !== null) git(repository, 'init', '-q', '-b', 'main', ...format)

  return {
    folder,
    repository,
    told,
    logged,
    git,
    here: (...args) => git(repository, ...args),
    write: (path, text) => write(join(repository, path), text),
    sync: (options = {}, directory = repository) =>
      createSync(
        {
          directory,
          worktree: directory,
          log: (level, text) => logged.push(`${level} ${text}`),
          tell: (text) => told.push(text),
        },
        { environment, inside: (_, project) => localInside(project, environment), ...options },
      ),
    session(name, kept = null) {
      const inside = join(folder, 'sandboxes', name, 'project')
      const saved: SyncState[] = []
      let state = kept
      return {
        sessionId: name,
        inside,
        saved,
        box: { sandbox: { id: name } as Sandbox, projectFolder: inside },
        get state() {
          return state
        },
        async save(next) {
          state = next
          saved.push(next)
        },
        git: (...args) => git(inside, ...args),
        write: (path, text) => write(join(inside, path), text),
      }
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A folder of this machine as the inside of a sandbox, without SSH. */
export function localInside(folder: string, environment: Readonly<Record<string, string | undefined>>): Inside {
  return {
    folder,
    async run(script, variables) {
      try {
        const options = { cwd: '/', encoding: 'utf8', env: { ...environment, ...variables } } as const
        // Both streams in one, as a sandbox answers them.
        return { exitCode: 0, output: execFileSync('sh', ['-c', `exec 2>&1\n${script}`], options) }
      } catch (error) {
        const { status, stdout } = error as { status: number; stdout: string }
        return { exitCode: status, output: stdout }
      }
    },
    async upload(local, path) {
      copyFileSync(local, path)
    },
    async download(path, local, maxBytes) {
      if (statSync(path).size > maxBytes) throw new Error(`there is more than ${maxBytes} bytes`)
      copyFileSync(path, local)
    },
    openSsh: async () => null,
  }
}
