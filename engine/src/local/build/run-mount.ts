import { posix } from 'node:path'
import { refuse } from './refuse.ts'
import type { From, RunMount } from './step.ts'

/** What the options of a mount mean where it stands. */
interface Place {
  readonly line: number
  readonly workDir: string
  readonly findFrom: (name: string) => From
}

const MiB = 1024 * 1024

/** Reads `--mount=type=…`; `null` is one that does nothing here. */
export function parseRunMount(value: string, { line, workDir, findFrom }: Place): RunMount | null {
  const options = new Map(
    value.split(',').map((option) => {
      const at = option.indexOf('=')
      return at < 0 ? [option, 'true'] : [option.slice(0, at), option.slice(at + 1)]
    }),
  )
  const get = (...names: string[]): string | undefined =>
    names.map((name) => options.get(name)).find((it) => it !== undefined)
  const type = get('type') ?? 'bind'
  const to = get('target', 'dst', 'destination')
  const target = (): string => {
    const path = posix.resolve(workDir, to ?? refuse(line, `a mount of type ${type} needs a target`))
    if (path === '/') refuse(line, 'a mount cannot have / as its target')
    if (path === '/dev' || path === '/proc' || /^\/(dev|proc|sys|opt\/sandyard)(\/|$)/.test(path)) {
      refuse(line, `nothing can be mounted at ${path}`)
    }
    return path
  }
  const number = (name: string, fallback: number, base = 10): number => {
    const text = options.get(name)
    if (text === undefined) return fallback
    if (!/^\d{1,5}$/.test(text)) refuse(line, `invalid ${name} of a mount: ${text.slice(0, 50)}`)
    return Number.parseInt(text, base)
  }
  switch (type) {
    case 'cache': {
      const path = target()
      if (get('from') !== undefined) refuse(line, 'a cache that begins with files of a stage or image is not supported')
      const owner = [number('uid', 0), number('gid', 0)] as const
      return { kind: 'cache', target: path, id: get('id') ?? path, owner, mode: number('mode', 0o755, 8) }
    }
    case 'tmpfs': {
      const size = get('size')
      return { kind: 'tmpfs', target: target(), sizeBytes: size === undefined ? null : parseSize(line, size) }
    }
    case 'bind': {
      if (['rw', 'readwrite'].some((name) => (options.get(name) ?? 'false') !== 'false')) {
        refuse(line, 'a mount of type bind can only be read')
      }
      const from = get('from')
      const source = posix.resolve('/', get('source', 'src') ?? '/').slice(1)
      return { kind: 'bind', target: target(), from: from === undefined ? { kind: 'context' } : findFrom(from), source }
    }
    case 'secret':
    case 'ssh':
      if ((get('required') ?? 'false') !== 'false') refuse(line, `there is no ${type} that a build here could be given`)
      return null
    default:
      return refuse(line, `unsupported mount type ${type.slice(0, 50)}`)
  }
}

function parseSize(line: number, text: string): number {
  const match = /^(\d{1,12})([kmg]?)b?$/i.exec(text)
  if (match === null) refuse(line, `invalid size of a mount: ${text.slice(0, 50)}`)
  const unit = { '': 1, k: 1024, m: MiB, g: 1024 * MiB }[match[2]?.toLowerCase() ?? ''] ?? 1
  return Number(match[1]) * unit
}
