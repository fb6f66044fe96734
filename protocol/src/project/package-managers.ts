import { linesOf, textOf } from './lines.ts'
import type { PackageJson } from './package-json.ts'
import { readPackageJson } from './package-json.ts'
import { cacheFolder, type PackageManager, type ProjectFiles } from './plan.ts'
import { shellWords } from './shell.ts'

/** What installs packages of JavaScript. */
export type NodeManager = Extract<PackageManager, 'npm' | 'pnpm' | 'yarn' | 'bun'>

/** The manager of a project, and what it works from. */
export interface ChosenManager {
  readonly name: NodeManager
  readonly prepare: string | null
  readonly install: string | null
  readonly lockFiles: readonly string[]
  readonly notes: readonly string[]
}

const locks: readonly (readonly [string, NodeManager])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['npm-shrinkwrap.json', 'npm'],
  ['package-lock.json', 'npm'],
]

/** Files beside the lock that change what an installation does. */
const settingsFiles = ['package.json', '.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml', 'bunfig.toml']

/** A folder with what it may have of a manager: the project's own, or the root of its workspace. */
interface Place {
  /** before names of its files; empty for the project's own */
  readonly prefix: string
  readonly names: readonly string[]
  readonly texts: Readonly<Record<string, string>>
  readonly packageJson: PackageJson | null
}

/** Chooses by `packageManager` and lock files, of the folder and then of the repository's root. */
export function chooseManager(files: ProjectFiles, packageJson: PackageJson): ChosenManager {
  const own: Place = { prefix: '', names: files.names, texts: files.texts, packageJson }
  const root = files.root === undefined ? [] : [rootPlace(files.root)]
  const places = [own, ...root]
  const named = places.map((place) => parseName(place.packageJson?.packageManager ?? null)).find((one) => one !== null)
  const found = places.flatMap((place) =>
    locks.filter(([file]) => place.names.includes(file)).map(([file, manager]) => ({ file, manager, place })),
  )
  // A lock file in the folder is nearer than one in the root.
  const fitting = found.filter(({ manager }) => named === undefined || manager === named.name)
  const lock = fitting[0] ?? null
  const name = named?.name ?? lock?.manager ?? 'npm'
  const place = lock?.place ?? own
  const isBerry = name === 'yarn' && isBerryLock(named?.version ?? null, lock, place)
  const notes = notesOf(found, lock, name)
  if (packageJson.packageManager !== null && parseName(packageJson.packageManager) === null) {
    notes.push('packageManager in package.json is not of the form name@1.2.3 and was passed over.')
  }
  const version = named?.version ?? (name === 'pnpm' && lock !== null ? pnpmVersion(place) : null)
  const isEmpty = lock === null && packageJson.packages.size === 0 && !hasInstallScripts(packageJson)
  return {
    name,
    prepare: prepareOf(name, version, isBerry),
    install: isEmpty && !packageJson.hasWorkspaces ? null : installOf(name, lock !== null, isBerry),
    lockFiles: [
      ...(lock === null ? [] : [place.prefix + lock.file]),
      ...settingsFiles.filter((file) => own.names.includes(file)),
      ...(place === own ? [] : settingsFiles.filter((file) => place.names.includes(file)).map((f) => place.prefix + f)),
    ],
    notes: isEmpty ? [] : notes,
  }
}

function rootPlace(root: NonNullable<ProjectFiles['root']>): Place {
  let packageJson: PackageJson | null = null
  try {
    packageJson = readPackageJson(root)
  } catch {
    // The one of the folder may be good all the same.
  }
  return { prefix: `${root.path.replace(/\/+$/, '')}/`, names: root.names, texts: root.texts, packageJson }
}

/** Name and version of a `packageManager` field; null when it names none that is known. */
function parseName(field: string | null): { name: NodeManager; version: string | null } | null {
  const parts = /^(npm|pnpm|yarn|bun)@(\d{1,6}\.\d{1,6}\.\d{1,6}(?:-[0-9A-Za-z.-]{1,60})?)(?:\+.*)?$/.exec(field ?? '')
  return parts === null ? null : { name: parts[1] as NodeManager, version: parts[2] ?? null }
}

function isBerryLock(version: string | null, lock: { readonly file: string } | null, place: Place): boolean {
  if (version !== null) return !/^[01]\./.test(version)
  const text = lock === null ? null : textOf(place, 'yarn.lock')
  if (text === null) return place.names.includes('.yarnrc.yml')
  return linesOf(text.slice(0, 4096)).some((line) => line.startsWith('__metadata:'))
}

/** The major version that reads the lock file: another one would refuse it, or write it anew. */
function pnpmVersion(place: Place): string {
  const head = (textOf(place, 'pnpm-lock.yaml') ?? '').slice(0, 4096)
  const format = linesOf(head).map((line) => /^lockfileVersion: *['"]?(\d+)/.exec(line)?.[1])
  const major = Number(format.find((one) => one !== undefined))
  if (major === 5) return '7'
  return major === 6 ? '8' : usualReleases.pnpm
}

function hasInstallScripts(packageJson: PackageJson): boolean {
  return ['preinstall', 'install', 'postinstall', 'prepare'].some((name) => packageJson.scripts.has(name))
}

function notesOf(
  found: readonly { readonly file: string; readonly place: Place }[],
  lock: { readonly file: string; readonly place: Place } | null,
  name: NodeManager,
): string[] {
  if (lock === null) return [`There is no lock file of ${name}, so each installation may bring other versions.`]
  const others = found.filter(({ file, place }) => file !== lock.file && place === lock.place).map(({ file }) => file)
  return others.length === 0 ? [] : [`There are several lock files; ${lock.file} is used, not ${others.join(', ')}.`]
}

/** Releases that are taken where the project names none. Without any, a folder of this name would be installed. */
const usualReleases: Readonly<Record<NodeManager, string>> = { npm: '11', pnpm: '10', yarn: '1', bun: '1' }

/** The manager from npm, where `npm -g` may write, or else below the home folder. npm itself is part of every Node. */
function prepareOf(name: NodeManager, version: string | null, isBerry: boolean): string | null {
  if (name === 'npm') return null
  const spec = isBerry ? `@yarnpkg/cli-dist@${version ?? '4'}` : `${name}@${version ?? usualReleases[name]}`
  const install = `npm install -g ${spec} || npm install -g --prefix "$HOME/.local" ${spec}`
  return `command -v ${name} >/dev/null 2>&1 || ${install}`
}

/** Packages for building too, whatever NODE_ENV says. */
function installOf(name: NodeManager, hasLock: boolean, isBerry: boolean): string {
  switch (name) {
    case 'npm':
      return hasLock ? 'npm ci --include=dev' : 'npm install --include=dev'
    case 'pnpm':
      return `pnpm install ${hasLock ? '--frozen-lockfile' : '--no-frozen-lockfile'} --prod=false`
    case 'yarn':
      if (isBerry) return `yarn install ${hasLock ? '--immutable' : '--no-immutable'}`
      return `yarn install ${hasLock ? '--frozen-lockfile ' : ''}--production=false`
    case 'bun':
      return hasLock ? 'bun install --frozen-lockfile' : 'bun install'
  }
}

/** Runs a script of `package.json` with more words at its end. */
export function runScript(manager: NodeManager, script: string, words: readonly string[] = []): string {
  // Only npm takes words for itself; to others `--` is one of the script's.
  const separator = manager === 'npm' && words.length > 0 ? ['--'] : []
  return shellWords([manager, 'run', script, ...separator, ...words])
}

/** Runs a program that a package has brought. */
export function runProgram(manager: NodeManager, words: readonly string[]): string {
  const before = { npm: ['npx', '--no', '--'], pnpm: ['pnpm', 'exec'], yarn: ['yarn', 'run'], bun: ['bun', 'run'] }
  return shellWords([...before[manager], ...words])
}

/**
 * Variables that make managers keep what they fetch below a folder. They are for sandboxes that have a volume there:
 * without it, what is fetched would only take room on the disk.
 */
export function cacheEnv(manager: PackageManager | null, folder: string = cacheFolder): Record<string, string> {
  const npm = { npm_config_cache: `${folder}/npm` }
  const pip = { PIP_CACHE_DIR: `${folder}/pip` }
  switch (manager) {
    case null:
      return {}
    case 'npm':
      return npm
    case 'pnpm':
      return { ...npm, npm_config_store_dir: `${folder}/pnpm` }
    case 'yarn':
      return { ...npm, YARN_CACHE_FOLDER: `${folder}/yarn`, YARN_GLOBAL_FOLDER: `${folder}/yarn-berry` }
    case 'bun':
      return { ...npm, BUN_INSTALL_CACHE_DIR: `${folder}/bun` }
    case 'pip':
      return pip
    case 'uv':
      // A volume is another file system, so that links to it are not possible.
      return { ...pip, UV_CACHE_DIR: `${folder}/uv`, UV_LINK_MODE: 'copy' }
    case 'poetry':
      return { ...pip, POETRY_CACHE_DIR: `${folder}/poetry` }
  }
}
