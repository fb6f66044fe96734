import { limits } from './limits.ts'

/** Folders that a volume may not be mounted at or below (api.md 2.3). */
const systemFolders = ['/proc', '/sys', '/dev', '/boot', '/etc', '/bin', '/sbin', '/lib', '/lib64'] as const

/** Where the agent's runtime is inside: a volume may not be mounted at it, below it or over it. */
const agentFolder = '/opt/sandyard'

/** What is wrong with a path that a volume is to be mounted at (api.md 2.3), for people; `null` when it is good. */
export function mountPathFault(path: string): string | null {
  if (!path.startsWith('/')) return 'must be absolute'
  if (/^\/+$/.test(path)) return 'must not be the root folder'
  if (path.includes('//')) return 'must not contain consecutive slashes'
  if (/\/\.{1,2}(?:\/|$)/.test(path)) return 'must not contain relative path components'
  const system = systemFolders.find((folder) => isWithin(path, folder))
  if (system !== undefined) return `must not be in the system directory ${system}`
  if (isWithin(path, agentFolder) || isWithin(agentFolder, path)) return `must not cover ${agentFolder}`
  return textFault(path)
}

/** What is wrong with a folder of a volume that is to be mounted (api.md 2.3), for people; `null` when it is good. */
export function subpathFault(path: string): string | null {
  if (path.startsWith('/')) return 'must be relative'
  if (path.includes('//')) return 'must not contain consecutive slashes'
  if (path.split('/').some((part) => part === '.' || part === '..')) return 'must not contain relative path components'
  return textFault(path)
}

/** True for the folder itself and all that is below it. Both are absolute, without a slash at the end. */
export function isWithin(path: string, folder: string): boolean {
  const start = trimSlash(folder)
  const whole = trimSlash(path)
  return whole === start || whole.startsWith(`${start}/`)
}

/** The path without a slash at its end. */
export function trimSlash(path: string): string {
  return path.replace(/\/+$/, '')
}

function textFault(path: string): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  if (/[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(path)) return 'must not contain control characters'
  const encoder = new TextEncoder()
  if (encoder.encode(path).length > limits.mountPathBytes) return `must have at most ${limits.mountPathBytes} bytes`
  const isTooLong = path.split('/').some((part) => encoder.encode(part).length > 255)
  return isTooLong ? 'must not contain a name of more than 255 bytes' : null
}
