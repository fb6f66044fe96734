import { readFile, stat } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { type Options, readOptions } from './options.ts'
import { createGit } from './sync/run-git.ts'

/** What the plugin goes by, from all places that say something. */
export interface Settings {
  readonly options: Options
  /** `null`: there is no key, and why not is among the errors */
  readonly access: Access | null
  readonly warnings: readonly string[]
  /** each of them keeps sandboxes from being opened */
  readonly errors: readonly string[]
}

/** How the platform is reached. */
export interface Access {
  readonly apiKey: string
  readonly apiUrl: string
  readonly target?: string
}

/** Where files are. */
export interface Places {
  /** OpenCode's own data */
  readonly data: string
  /** file of the command line's profiles */
  readonly profiles: string
  /** for files that go with the process */
  readonly temporary: string
}

type Env = Readonly<Record<string, string | undefined>>
type Source = { readonly [Name in keyof Access]?: Access[Name] | undefined }

const localApiUrl = 'http://localhost:3000/api'
/** longest .env or file of profiles that is read, bytes */
const longestFile = 1024 * 1024

/** The environment of this process: nothing else reads it. */
export function readHostEnvironment(): Env {
  return { ...process.env }
}

/** Places by the XDG rules, as OpenCode has them. */
export function findPlaces(env: Env): Places {
  const home = env.HOME || homedir()
  const place = (name: string, otherwise: string): string => {
    const given = env[name]
    return given !== undefined && isAbsolute(given) ? given : join(home, otherwise)
  }
  const settings = env.SANDYARD_CONFIG_DIR || join(place('XDG_CONFIG_HOME', '.config'), 'sandyard')
  return {
    data: join(place('XDG_DATA_HOME', '.local/share'), 'opencode'),
    profiles: join(settings, 'config.json'),
    temporary: tmpdir(),
  }
}

/**
 * Puts the settings together: options of opencode.json before the environment, before `.env` of the project, before the
 * profile of the command line. A key goes to no address that it was not given for: what `.env` says of an address holds
 * only for a key that is in it too, as it came with a project that may be anybody's. One that is committed says nothing:
 * a stranger's key would make sandboxes that the stranger sees into. Where there is no git to tell, the profile is first.
 *
 * @param folders that may hold a `.env`, the first that does counts
 */
export async function readSettings(given: unknown, folders: readonly string[], env: Env): Promise<Settings> {
  const { options, warnings, errors } = readOptions(given)
  const fromEnvironment = accessOf(env)
  const { variables, owner, file } = await readDotEnv(folders, env)
  const named = accessOf(variables)
  const isForeign = owner === 'repository'
  const fromFile = isForeign ? {} : named
  const profile = await readProfile(findPlaces(env).profiles, env.SANDYARD_PROFILE)
  const url = options.apiUrl ?? fromEnvironment.apiUrl
  const ownKey = options.apiKey ?? fromEnvironment.apiKey
  const profileKey = url === undefined || url === profile.apiUrl ? profile.apiKey : undefined
  const isAfterProfile = owner === 'unknown' && profileKey !== undefined
  const isFromFile = ownKey === undefined && fromFile.apiKey !== undefined && !isAfterProfile
  const apiKey = ownKey ?? (isFromFile ? fromFile.apiKey : profileKey)
  const apiUrl = url ?? (isFromFile ? fromFile.apiUrl : undefined) ?? profile.apiUrl ?? localApiUrl
  const target = options.target ?? fromEnvironment.target ?? fromFile.target
  const wrong = [...errors]
  const told = [...warnings]
  if (isForeign && named.apiKey !== undefined && ownKey === undefined)
    told.push(`The API key in ${file} is not used, as the file is committed: whoever wrote it would see the sandboxes`)
  if (apiKey === undefined)
    wrong.push(
      `There is no API key for ${apiUrl}: set SANDYARD_API_KEY, in the environment or in .env of the project, or run \`sandyard login\``,
    )
  if (!URL.canParse(apiUrl) || !/^https?:/.test(apiUrl)) wrong.push(`The API's address is not a URL: ${apiUrl}`)
  const access =
    apiKey === undefined ? null : { apiKey, apiUrl, ...(target === undefined || target === '' ? {} : { target }) }
  return { options, access, warnings: told, errors: wrong }
}

/** The variables of a text in the form of `.env`: `NAME=value`, quoted or not, with comments; nothing is expanded. */
export function parseDotEnv(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of text.split(/\r?\n/)) {
    const [, name, rest = ''] = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line) ?? []
    if (name === undefined) continue
    const [, single, double] = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?$/.exec(rest) ?? []
    const plain = rest.replace(/(^|\s)#.*$/, '').trimEnd()
    found[name] = single ?? double?.replaceAll(/\\(["\\$])/g, '$1').replaceAll('\\n', '\n') ?? plain
  }
  return found
}

function accessOf(env: Env): Source {
  const read = (name: string): string | undefined => env[`SANDYARD_${name}`] || env[`DAYTONA_${name}`] || undefined
  return { apiKey: read('API_KEY'), apiUrl: read('API_URL'), target: read('TARGET') }
}

/** A `.env`, and whose it is as far as git tells. */
interface DotEnv {
  readonly variables: Env
  readonly owner: 'repository' | 'user' | 'unknown'
  readonly file: string
}

async function readDotEnv(folders: readonly string[], env: Env): Promise<DotEnv> {
  for (const folder of new Set(folders)) {
    const file = join(folder, '.env')
    const text = await readShort(file)
    if (text !== null) return { variables: parseDotEnv(text), owner: await ownerOf(folder, env), file }
  }
  return { variables: {}, owner: 'unknown', file: '' }
}

async function ownerOf(folder: string, env: Env): Promise<DotEnv['owner']> {
  try {
    // Of another case, too: where that does not matter, it is the same file.
    const { exitCode } = await createGit(env, folder).probe(['ls-files', '--error-unmatch', '--', ':(icase).env'])
    if (exitCode === 0) return 'repository'
    return exitCode === 1 ? 'user' : 'unknown'
  } catch {
    return 'unknown'
  }
}

async function readProfile(file: string, wanted: string | undefined): Promise<Source> {
  try {
    const kept = JSON.parse((await readShort(file)) ?? '{}') as {
      active?: string
      profiles?: Record<string, { apiUrl?: unknown; apiKey?: unknown }>
    }
    const { apiUrl, apiKey } = kept.profiles?.[wanted || kept.active || ''] ?? {}
    return typeof apiUrl === 'string' ? { apiUrl, apiKey: typeof apiKey === 'string' ? apiKey : undefined } : {}
  } catch {
    // The command line tells what is wrong with its file.
    return {}
  }
}

/** Text of a plain file that is not too long, `null` where there is none. */
async function readShort(file: string): Promise<string | null> {
  try {
    const { size } = await stat(file).then((found) => (found.isFile() ? found : { size: longestFile + 1 }))
    return size > longestFile ? null : await readFile(file, 'utf8')
  } catch {
    return null
  }
}
