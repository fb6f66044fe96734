import { execFile } from 'node:child_process'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { takeLock } from '../../../engine/src/local/base/lock.ts'

const run = promisify(execFile)
const cache = resolve(import.meta.dirname, '../../../.cache')
const environment = join(cache, 'python-client')
const packages = join(cache, 'python-packages')
const installMs = 240_000
/** The files of one run ask PyPI once. */
const askAgainMs = 60 * 60_000

/** A Python that has the published client. */
export interface PythonClient {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly version: string
}

/**
 * The newest published Python client in an environment of its own, which later runs use again. Where PyPI does not
 * answer, the client of an earlier run; throws when there is none.
 */
export async function preparePython(): Promise<PythonClient> {
  // Files that run at the same time share it, and nothing is imported while pip replaces it.
  await using _ = await takeLock(environment, () => {})
  const python = (await existingEnvironment()) ?? (await newEnvironment()) ?? looseFolder
  const failure = await install(python).then(
    () => null,
    (error: unknown) => error,
  )
  try {
    const asked = 'from importlib.metadata import version; print(version("daytona"))'
    const { stdout } = await run(python.program, ['-c', asked], { env: { ...process.env, ...python.env } })
    return { ...python, version: stdout.trim() }
  } catch (error) {
    throw new Error(`pip has not installed the client: ${lastLine(failure ?? error)}`)
  }
}

type Python = Pick<PythonClient, 'program' | 'env'> & { readonly target: readonly string[]; readonly folder: string }

/** For a Python that comes without `venv`: a folder that it is told to look in. */
const looseFolder: Python = {
  program: 'python3',
  env: { PYTHONPATH: packages },
  target: ['--target', packages],
  folder: packages,
}

function existingEnvironment(): Promise<Python | null> {
  const program = join(environment, 'bin/python')
  return run(program, ['-m', 'pip', '--version']).then(
    () => ({ program, env: {}, target: [], folder: environment }),
    () => null,
  )
}

function newEnvironment(): Promise<Python | null> {
  return run('python3', ['-m', 'venv', '--clear', environment]).then(existingEnvironment, () => null)
}

async function install({ program, target, folder }: Python): Promise<void> {
  const asked = join(folder, 'asked')
  if (existsSync(asked) && Date.now() - statSync(asked).mtimeMs < askAgainMs) return
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--retries', '1']
  await run(program, [...pip, ...target, '--upgrade', 'daytona'], { timeout: installMs })
  writeFileSync(asked, '')
}

function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  return said.trim().split('\n').at(-1) ?? ''
}
