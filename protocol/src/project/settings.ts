import { PlatformError } from '../errors.ts'
import { envName } from '../ids.ts'
import { limits } from '../limits.ts'
import { nearest } from '../nearest.ts'
import { textOf } from './lines.ts'
import { isObject } from './package-json.ts'
import { frameworks, type ProjectFiles, type ProjectOverrides } from './plan.ts'
import { isPort } from './shell.ts'

/** Says what is wrong with a value; null: nothing is. */
type Check = (value: unknown) => string | null

const oneOf =
  (...known: readonly string[]): Check =>
  (value) =>
    typeof value === 'string' && known.includes(value) ? null : `must be one of ${known.join(', ')}`

const command: Check = (value) => {
  if (typeof value !== 'string' || value.trim() === '') return 'must be a command'
  if (value.includes('\0')) return 'must not contain NUL'
  const most = limits.environmentCommandLength
  return value.length > most ? `must have at most ${most} characters` : null
}

const step: Check = (value) =>
  value !== null && typeof value !== 'string' ? 'must be a command, or null' : value === null ? null : command(value)

/** A path of a URL: what a request of HTTP can begin with. */
const path: Check = (value) =>
  typeof value === 'string' && /^\/[!-~]{0,2047}$/.test(value) ? null : 'must be a path that begins with /'

const variables: Check = (value) => {
  if (!isObject(value)) return 'must be an object of names and texts'
  const entries = Object.entries(value)
  if (entries.length > limits.envCount) return `must have at most ${limits.envCount} variables`
  for (const [name, text] of entries) {
    if (!envName.test(name)) return `${JSON.stringify(name.slice(0, 100))} is no name of a variable`
    if (typeof text !== 'string') return `${name.slice(0, 100)} must be text`
    if (text.includes('\0')) return `${name.slice(0, 100)} must not contain NUL`
    // Each character is one to four bytes; what is sure to fit needs no counting.
    if (text.length > limits.envValueBytes / 4) return `${name.slice(0, 100)} is too long`
  }
  return null
}

/** What can be said of a project, in `sandyard.json` and over it. */
const checks: Readonly<Record<keyof ProjectOverrides, Check>> = {
  framework: oneOf(...frameworks),
  mode: oneOf('production', 'development'),
  install: step,
  build: step,
  start: command,
  port: (value) => (isPort(value) ? null : 'must be a whole number from 1 to 65535, and no port of the platform'),
  readyPath: path,
  env: variables,
}

/**
 * What `sandyard.json` in the folder says; nothing where there is none.
 *
 * @throws PlatformError with the file's name and the key, when it is not as it should be
 */
export function readSandyardJson(files: ProjectFiles): ProjectOverrides {
  const text = textOf(files, 'sandyard.json')
  if (text === null) {
    if (files.names.includes('sandyard.json')) throw new PlatformError('BAD_REQUEST', 'sandyard.json cannot be read.')
    return {}
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PlatformError('BAD_REQUEST', 'sandyard.json is not JSON.')
  }
  return checkSettings(value, 'sandyard.json', ['$schema'])
}

/**
 * The settings, when they are as they should be. What is `undefined` is left out.
 *
 * @param place begins the messages
 * @param ignored keys that may be there and mean nothing
 * @throws PlatformError that says what is wrong
 */
export function checkSettings(value: unknown, place: string, ignored: readonly string[] = []): ProjectOverrides {
  if (!isObject(value)) throw new PlatformError('BAD_REQUEST', `${place}: must be an object.`)
  const known = Object.keys(checks)
  const settings: Record<string, unknown> = {}
  for (const [key, one] of Object.entries(value)) {
    if (ignored.includes(key) || one === undefined) continue
    if (!isSetting(key)) {
      const word = key.slice(0, 40)
      const near = nearest(word, known)
      const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`
      throw new PlatformError('BAD_REQUEST', `${place}: ${JSON.stringify(word)} is not known: ${hint}`)
    }
    const fault = checks[key](one)
    if (fault !== null) throw new PlatformError('BAD_REQUEST', `${place}: ${key}: ${fault}.`)
    settings[key] = one
  }
  return settings
}

function isSetting(key: string): key is keyof ProjectOverrides {
  return Object.hasOwn(checks, key)
}
