// The packages that tests install in sandboxes, from a registry of their own: test/fixtures/package-registry.ts.
// Set-up fetches them once; tests ask nobody. Usage: node scripts/test-packages.mjs
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { installPackages, projectDir } from './node-24.mjs'

const requirements = join(projectDir, 'test/packages/requirements.txt')
const wheels = join(projectDir, '.cache/wheels')

/** Folders with packages of their own, which only some tests need: they are many and large. */
const testFolders = ['test/packages', 'examples/inngest']

/** Installs what these have in their lock files, as far as it is not there. Gives the exit code. */
export function ensureNpmPackages() {
  return testFolders.map((name) => installPackages(join(projectDir, name))).find((code) => code !== 0) ?? 0
}

/** Fetches what is missing, of npm and of Python. Gives the exit code. */
export function ensurePackagesOfTests() {
  return ensureNpmPackages() || ensureWheels()
}

/** Wheels for the Python of the default snapshot, with the checksums of the list. */
function ensureWheels() {
  const fetched = join(wheels, 'requirements.txt')
  if (existsSync(fetched) && readFileSync(fetched).equals(readFileSync(requirements))) return 0
  mkdirSync(join(projectDir, '.cache'), { recursive: true })
  const folder = mkdtempSync(`${wheels}-`)
  try {
    const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64'
    const python = pythonWithPip(folder)
    if (python === null) return 1
    const platforms = ['manylinux2014', 'manylinux_2_28'].flatMap((name) => ['--platform', `${name}_${machine}`])
    const kind = ['--only-binary=:all:', '--implementation', 'cp', '--python-version', '3.11', ...platforms]
    const found = join(folder, 'found')
    const args = ['--quiet', '--no-deps', '--require-hashes', ...kind, '--dest', found, '--requirement', requirements]
    if (!run(python, ['-m', 'pip', 'download', ...args])) return 1
    // last, for it says that all are there
    cpSync(requirements, join(found, 'requirements.txt'))
    rmSync(wheels, { recursive: true, force: true })
    renameSync(found, wheels)
    return 0
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Debian's Python comes without pip, unless it makes an environment. */
function pythonWithPip(folder) {
  if (spawnSync('python3', ['-m', 'pip', '--version']).status === 0) return 'python3'
  const environment = join(folder, 'python')
  return run('python3', ['-m', 'venv', environment]) ? join(environment, 'bin/python') : null
}

function run(program, args) {
  const done = spawnSync(program, args, { encoding: 'utf8' })
  if (done.status === 0) return true
  console.error(`${done.stdout ?? ''}${done.stderr ?? ''}`.trim() || String(done.error))
  console.error(`${program} ${args.join(' ')} failed`)
  return false
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exit(ensurePackagesOfTests())
