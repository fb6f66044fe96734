import { usageError } from '../exit-codes.ts'

/** One side of a copy. */
export type Place =
  | { readonly kind: 'here'; readonly path: string }
  | { readonly kind: 'inside'; readonly sandbox: string; readonly path: string }
  | { readonly kind: 'stream' }

/** Reads `box:/path`, `-` or a path of this machine; one with a colon here is written `./a:b`. */
export function readPlace(text: string): Place {
  if (text === '-') return { kind: 'stream' }
  if (text === '') throw usageError('a path is empty')
  const [, sandbox, path = ''] = /^([\w-][^/:]*):(.*)$/s.exec(text) ?? []
  if (sandbox === undefined) return { kind: 'here', path: text }
  return { kind: 'inside', sandbox, path: path === '' ? '.' : path }
}
