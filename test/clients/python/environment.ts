import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = resolve(import.meta.dirname, '../../../.cache/python-client')
const loose = join(folder, 'loose')
const installMs = 240_000

/** A Python that has the published client. */
export interface PythonClient {
  readonly program: string
  readonly env: Readonly<Record<string, string>>
  readonly version: string
  /** why it may not be the newest, or `null` */
  readonly doubt: string | null
}

/**
 * The newest published Python client in an environment of its own, which later runs use again. Where PyPI does not
 * answer, the client of an earlier run; throws when there is none.
 */
export async function preparePython(): Promise<PythonClient> {
  const python = (await works(join(folder, 'bin/python'))) ?? (await makeEnvironment())
  const doubt = await install(python).then(
    () => null,
    (error: unknown) => `PyPI did not give the newest client: ${lastLine(error)}`,
  )
  try {
    const asked = 'from importlib.metadata import version; print(version("daytona"))'
    const { stdout } = await run(python.program, ['-c', asked], { env: { ...process.env, ...python.env } })
    return { ...python, version: stdout.trim(), doubt }
  } catch (error) {
    throw new Error(doubt ?? `The client is installed, but Python does not find it: ${lastLine(error)}`)
  }
}

type Python = Pick<PythonClient, 'program' | 'env'> & { readonly target: readonly string[] }

/** An environment of `venv`; where Python comes without it, a folder that Python is told to look in. */
async function makeEnvironment(): Promise<Python> {
  await rm(folder, { recursive: true, force: true })
  const made = await run('python3', ['-m', 'venv', folder]).then(
    () => works(join(folder, 'bin/python')),
    () => null,
  )
  return made ?? { program: 'python3', env: { PYTHONPATH: loose }, target: ['--target', loose] }
}

async function works(program: string): Promise<Python | null> {
  const pip = run(program, ['-m', 'pip', '--version'])
  return pip.then(
    () => ({ program, env: {}, target: [] }),
    () => null,
  )
}

async function install({ program, target }: Python): Promise<void> {
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', '--retries', '1']
  await run(program, [...pip, ...target, '--upgrade', 'daytona'], { timeout: installMs })
}

function lastLine(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  return said.trim().split('\n').at(-1) ?? ''
}
