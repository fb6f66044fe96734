import { linesOf, textOf } from './lines.ts'
import type { PackageManager, ProjectFiles } from './plan.ts'
import { shellWords } from './shell.ts'

/** How the packages of a Python project are installed, into `.venv` of its folder in every case. */
export interface PythonPackages {
  readonly manager: Extract<PackageManager, 'pip' | 'uv' | 'poetry'>
  /** names in small letters with dashes, of what the project asks for itself */
  readonly names: ReadonlySet<string>
  readonly prepare: string
  /** with these packages besides; null: there is nothing to install */
  install(more: readonly string[]): string | null
  readonly env: Readonly<Record<string, string>>
  readonly lockFiles: readonly string[]
  readonly notes: readonly string[]
}

const venv = 'test -x .venv/bin/python || python3 -m venv .venv'

/** Reads what there is of `uv.lock`, `poetry.lock`, `requirements.txt` and `pyproject.toml`. */
export function readPythonPackages(files: ProjectFiles): PythonPackages {
  const has = (name: string): boolean => files.names.includes(name)
  const pyproject = textOf(files, 'pyproject.toml')
  const names = new Set([
    ...requirementNames(textOf(files, 'requirements.txt') ?? ''),
    ...pyprojectNames(pyproject ?? ''),
  ])
  const sections = new Set(linesOf(pyproject ?? '').map((line) => /^\s*\[([\w.-]+)\]/.exec(line)?.[1] ?? ''))
  if (has('uv.lock') || files.root?.names.includes('uv.lock') === true) return byUv(files, names, true)
  if (has('poetry.lock')) return byPoetry(files, names, pyproject ?? '')
  if (has('requirements.txt')) return byPip(files, names, ['-r', 'requirements.txt'])
  if (sections.has('tool.poetry') || sections.has('tool.poetry.dependencies'))
    return byPoetry(files, names, pyproject ?? '')
  if (sections.has('project')) return byUv(files, names, false)
  return byPip(files, names, has('setup.py') ? ['.'] : null)
}

function byUv(files: ProjectFiles, names: ReadonlySet<string>, hasLock: boolean): PythonPackages {
  const lock = files.names.includes('uv.lock') ? 'uv.lock' : `${files.root?.path.replace(/\/+$/, '')}/uv.lock`
  return {
    manager: 'uv',
    names,
    prepare: bring('uv'),
    install: (more) => joined([hasLock ? 'uv sync --frozen' : 'uv sync', install('uv pip install', more)]),
    env: { UV_PROJECT_ENVIRONMENT: '.venv' },
    lockFiles: [...(hasLock ? [lock] : []), 'pyproject.toml'],
    notes: hasLock ? [] : ['There is no uv.lock, so each installation may bring other versions.'],
  }
}

function byPoetry(files: ProjectFiles, names: ReadonlySet<string>, pyproject: string): PythonPackages {
  const hasLock = files.names.includes('poetry.lock')
  // Without a package of its own in the usual place, Poetry would fail to install it.
  const name = /^\s*name\s*=\s*["']([\w.-]{1,100})["']/m.exec(pyproject.slice(0, 4096))?.[1]?.replaceAll(/[-.]/g, '_')
  const hasPackage = files.names.includes('src/') || files.names.includes(`${name}/`)
  return {
    manager: 'poetry',
    names,
    prepare: bring('poetry'),
    install: (more) =>
      joined([
        `poetry install --no-interaction${hasPackage ? '' : ' --no-root'}`,
        install('poetry run pip install', more),
      ]),
    env: { POETRY_VIRTUALENVS_IN_PROJECT: 'true' },
    lockFiles: [...(hasLock ? ['poetry.lock'] : []), 'pyproject.toml'],
    notes: hasLock ? [] : ['There is no poetry.lock, so each installation may bring other versions.'],
  }
}

function byPip(files: ProjectFiles, names: ReadonlySet<string>, what: readonly string[] | null): PythonPackages {
  return {
    manager: 'pip',
    names,
    prepare: venv,
    install: (more) =>
      joined([
        what === null ? null : `.venv/bin/pip install ${shellWords(what)}`,
        install('.venv/bin/pip install', more),
      ]),
    env: {},
    lockFiles: ['requirements.txt', 'setup.py', 'pyproject.toml'].filter((name) => files.names.includes(name)),
    notes: files.names.includes('Pipfile')
      ? ['A Pipfile is not read: make a requirements.txt of it (pipenv requirements).']
      : [],
  }
}

/** By pip for all programs, which Debian does not like but for this variable; pip takes the home where it must. */
function bring(name: string): string {
  return `command -v ${name} >/dev/null 2>&1 || PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install ${name}`
}

function install(command: string, packages: readonly string[]): string | null {
  return packages.length === 0 ? null : `${command} ${shellWords(packages)}`
}

function joined(commands: readonly (string | null)[]): string | null {
  const some = commands.filter((command) => command !== null)
  return some.length === 0 ? null : some.join(' && ')
}

function requirementNames(text: string): string[] {
  return linesOf(text).flatMap((line) => nameIn(/^\s*([A-Za-z0-9][\w.-]{0,99})/.exec(line)?.[1]))
}

/** Names in lists of dependencies and in Poetry's tables; a few words that are none do no harm. */
function pyprojectNames(text: string): string[] {
  return linesOf(text).flatMap((line) => {
    if (/^\s*#/.test(line)) return []
    const key = /^\s*"?([A-Za-z0-9][\w.-]{0,99})"?\s*=/.exec(line)?.[1]
    const quoted = [...line.matchAll(/["']([A-Za-z0-9][\w.-]{0,99})/g)].map((found) => found[1])
    return [key, ...quoted].flatMap(nameIn)
  })
}

function nameIn(text: string | undefined): string[] {
  return text === undefined ? [] : [text.toLowerCase().replaceAll(/[-_.]+/g, '-')]
}
