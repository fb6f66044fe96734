/** The path of a name in a folder. */
export function joinPath(folder: string, name: string): string {
  return folder === '/' ? `/${name}` : `${folder}/${name}`
}

/** The folder that something is in; that of `/` is `/`. */
export function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at <= 0 ? '/' : path.slice(0, at)
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1)
}

/** True for the folder itself and all that is below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`)
}

/** All folders that something is in. */
export function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

/** The path after something above it, or it itself, was moved; the same for all else. */
export function movedPath(path: string, from: string, to: string): string {
  return isWithin(path, from) ? to + path.slice(from.length) : path
}

/** What was typed as a path: from `/`, without `.`, `..` and a slash at its end. */
export function cleanPath(typed: string, from: string): string {
  const parts: string[] = []
  for (const part of (typed.startsWith('/') ? typed : `${from}/${typed}`).split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** Why a name cannot be given to a file; null when it can. */
export function nameFault(name: string): string | null {
  if (name === '') return 'A name is needed'
  if (name === '.' || name === '..') return 'This name has a meaning of its own'
  if (name.includes('/')) return 'A name has no slash'
  if (new TextEncoder().encode(name).length > 255) return 'The name is too long'
  return null
}

/** A name as it is shown: what would break the line, or turn the order of letters around, can be seen. */
export function shownName(name: string): string {
  return name.replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (char) => {
    const code = char.codePointAt(0) ?? 0
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '⁇'
  })
}
