import { nearest } from '@sandyard/protocol/nearest'

/** Options of the plugin, as `["spec", { … }]` in opencode.json gives them. */
export interface Options {
  readonly apiKey?: string
  readonly apiUrl?: string
  /** region of new sandboxes */
  readonly target?: string
  /** what new sandboxes are made of; a snapshot or an image, not both */
  readonly snapshot?: string
  readonly image?: string
  /** variables of all programs in new sandboxes */
  readonly env?: Readonly<Record<string, string>>
  /** names of variables to names of secrets of the organization */
  readonly secrets?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** cores */
  readonly cpu?: number
  /** GiB */
  readonly memory?: number
  /** GiB */
  readonly disk?: number
  /** previews need no token */
  readonly public?: boolean
  /** minutes without use until a sandbox stops, 0 is never; the next tool call starts it again */
  readonly autoStopMinutes?: number
  /** whether the project is brought in and its changes back to a branch; default true */
  readonly sync?: boolean
  /** shell command that a new sandbox runs in the project before the first tool does */
  readonly setup?: string
  /** absolute path of the project in sandboxes; default `project` in the home of their user */
  readonly projectFolder?: string
}

type Kind = 'text' | 'whole' | 'switch' | 'texts' | 'path'

const kinds: Readonly<Record<keyof Options, Kind>> = {
  apiKey: 'text',
  apiUrl: 'text',
  target: 'text',
  snapshot: 'text',
  image: 'text',
  env: 'texts',
  secrets: 'texts',
  labels: 'texts',
  cpu: 'whole',
  memory: 'whole',
  disk: 'whole',
  public: 'switch',
  autoStopMinutes: 'whole',
  sync: 'switch',
  setup: 'text',
  projectFolder: 'path',
}

const expectations: Readonly<Record<Kind, string>> = {
  text: 'a text that is not empty',
  whole: 'a whole number from 0 on',
  switch: 'true or false',
  texts: 'an object of texts',
  path: 'an absolute path without ..',
}

/** Options that are understood, and what is wrong with the others. */
export interface ReadOptions {
  readonly options: Options
  /** not known, and so without effect */
  readonly warnings: readonly string[]
  /** known, but not as they are: no sandbox is made with less than what was asked for */
  readonly errors: readonly string[]
}

/** Sorts out what opencode.json says. Never throws: OpenCode would go on without the plugin, on the user's machine. */
export function readOptions(given: unknown = {}): ReadOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return { options: {}, warnings: [], errors: ['The options of the plugin must be an object'] }
  const names = Object.keys(kinds)
  const warnings: string[] = []
  const errors: string[] = []
  const known = Object.entries(given).filter(([name, value]) => {
    if (!Object.hasOwn(kinds, name)) {
      const near = nearest(name, names)
      warnings.push(`There is no option ${name}${near === undefined ? '' : `; did you mean ${near}?`}`)
      return false
    }
    const kind = kinds[name as keyof Options]
    if (isOf(kind, value)) return true
    errors.push(`Option ${name} must be ${expectations[kind]}`)
    return false
  })
  const options = Object.fromEntries(known) as Options
  if (options.snapshot !== undefined && options.image !== undefined)
    errors.push('A sandbox is made of a snapshot or of an image: give one of these options')
  return { options, warnings, errors }
}

function isOf(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string' && value !== ''
    case 'path':
      return typeof value === 'string' && /^(\/[^/\0]+)+$/.test(value) && !value.split('/').includes('..')
    case 'whole':
      return Number.isSafeInteger(value) && Number(value) >= 0
    case 'switch':
      return typeof value === 'boolean'
    case 'texts':
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Object.values(value).every((one) => typeof one === 'string')
      )
  }
}
