import { join } from 'node:path'
import { nearest, PlatformError } from '@sandyard/protocol'
import type { Setting } from './setting.ts'
import { type SettingName, settings } from './settings.ts'

type Camel<S extends string> = S extends `${infer Head}-${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S
type Value<Row> = Row extends Setting<infer T, infer F> ? T | (F extends null ? null : never) : never

/** All settings by their names in camel case. `null`: not set, and the doc line says what holds then. */
export type Config = {
  readonly [Name in SettingName as Camel<Name>]: Name extends 'base' ? string : Value<(typeof settings)[Name]>
}

/** What a command line says. */
export interface Invocation<Switch extends string> {
  readonly config: Config
  /** switches of the command that were given */
  readonly switches: ReadonlySet<Switch>
}

const names = Object.keys(settings) as SettingName[]

/**
 * Reads the settings: flag over environment over default. `switches` are the flags without a value that the command
 * takes. Throws BAD_REQUEST that names the flag or variable and what is wrong with it.
 */
export function readConfig<Switch extends string>(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  switches: readonly Switch[],
): Invocation<Switch> {
  const given = new Map<SettingName, string>()
  const on = new Set<Switch>()
  const rest = [...args]
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [flag = '', ...tail] = arg.split('=')
    const known = switches.find((name) => `--${name}` === flag)
    if (known !== undefined && tail.length === 0) {
      on.add(known)
      continue
    }
    const name = names.find((candidate) => `--${candidate}` === flag)
    if (name === undefined) throw unknownFlag(arg, switches)
    const value = tail.length > 0 ? tail.join('=') : rest.shift()
    if (value === undefined) throw new PlatformError('BAD_REQUEST', `${flag} needs a value: ${settings[name].type}`)
    given.set(name, value)
  }
  const values: Record<string, unknown> = {}
  for (const name of names) values[camel(name)] = settle(name, given.get(name), env[variableOf(name)])
  values.base ??= join(String(values.data), 'base')
  return { config: Object.freeze(values) as Config, switches: on }
}

/** The environment variable of a setting. */
export function variableOf(name: SettingName): string {
  return `SANDYARD_${name.toUpperCase().replaceAll('-', '_')}`
}

/** The settings for a log, secrets masked. */
export function maskedConfig(config: Config): Readonly<Record<string, unknown>> {
  const masked: Record<string, unknown> = { ...config }
  for (const name of names) {
    const row: Setting<unknown, unknown> = settings[name]
    if (row.secret === true && masked[camel(name)] !== null) masked[camel(name)] = '***'
  }
  return masked
}

function settle(name: SettingName, flag: string | undefined, variable: string | undefined): unknown {
  const row = settings[name]
  const text = flag ?? (variable === '' ? undefined : variable)
  if (text === undefined) return row.fallback
  try {
    return row.read(text)
  } catch (error) {
    const said = flag === undefined ? variableOf(name) : `--${name}`
    throw new PlatformError('BAD_REQUEST', `${said} ${(error as Error).message}`)
  }
}

function unknownFlag(arg: string, switches: readonly string[]): PlatformError {
  const flag = arg.split('=')[0] ?? arg
  if (!flag.startsWith('-')) return new PlatformError('BAD_REQUEST', `there is nothing to do with "${arg}"`)
  const known = nearest(
    flag,
    [...switches, ...names].map((name) => `--${name}`),
  )
  const meant = known === undefined ? 'see --help' : `did you mean ${known}?`
  return new PlatformError('BAD_REQUEST', `unknown flag ${flag}; ${meant}`)
}

function camel(name: string): string {
  return name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
}
