import { PlatformError } from '../errors.ts'
import { textOf } from './lines.ts'
import type { ProjectFiles } from './plan.ts'

/** What a `package.json` tells, as far as it has the form that it should have. */
export interface PackageJson {
  /** names of all packages that an installation brings */
  readonly packages: ReadonlySet<string>
  readonly scripts: ReadonlyMap<string, string>
  readonly main: string | null
  /** such as `pnpm@9.1.0` */
  readonly packageManager: string | null
  readonly hasWorkspaces: boolean
}

const longestScript = 8192

/** Reads the folder's `package.json`; null where there is none. @throws PlatformError when it is no JSON object */
export function readPackageJson(files: Pick<ProjectFiles, 'texts'>): PackageJson | null {
  const text = textOf(files, 'package.json')
  if (text === null) return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PlatformError('BAD_REQUEST', 'package.json is not JSON.')
  }
  if (!isObject(value)) throw new PlatformError('BAD_REQUEST', 'package.json is not an object.')
  const groups = ['dependencies', 'devDependencies', 'optionalDependencies']
  return {
    packages: new Set(groups.flatMap((group) => Object.keys(objectAt(value, group)))),
    scripts: new Map(
      Object.entries(objectAt(value, 'scripts')).filter(
        (entry): entry is [string, string] =>
          typeof entry[1] === 'string' && entry[1].trim() !== '' && entry[1].length <= longestScript,
      ),
    ),
    main: textAt(value, 'main'),
    packageManager: textAt(value, 'packageManager'),
    hasWorkspaces: Object.hasOwn(value, 'workspaces'),
  }
}

/** True for an object of JSON, no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function objectAt(value: Record<string, unknown>, key: string): Record<string, unknown> {
  const found = Object.hasOwn(value, key) ? value[key] : undefined
  return isObject(found) ? found : {}
}

function textAt(value: Record<string, unknown>, key: string): string | null {
  const found = Object.hasOwn(value, key) ? value[key] : undefined
  return typeof found === 'string' && found.length <= 1024 && !found.includes('\0') && found !== '' ? found : null
}
