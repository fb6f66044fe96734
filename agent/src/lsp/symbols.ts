import type { languageServerRoutes, RouteOutput } from '@sandyard/protocol'
import { limits } from '@sandyard/protocol/limits'
import { isObject } from '../is-object.ts'
import { normalizeUri } from './file-uri.ts'

/** A symbol as callers get it. */
export type FlatSymbol = RouteOutput<typeof languageServerRoutes.lspDocumentSymbols>[number]

/**
 * The symbols of an answer, flat, at most `limits.languageServerSymbols` of them; a tree is taken depth first.
 * Those that lie in no file of the sandbox, such as the server's own library, are left out.
 * @param file URI of the file that was asked about, which a tree does not name
 */
export function flattenSymbols(result: unknown, file: string | null): FlatSymbol[] {
  const symbols: FlatSymbol[] = []
  const waiting = Array.isArray(result) ? [...result].reverse() : []
  while (waiting.length > 0 && symbols.length < limits.languageServerSymbols) {
    const symbol: unknown = waiting.pop()
    if (!isObject(symbol)) continue
    const flat = toFlat(symbol, file)
    if (flat !== null) symbols.push(flat)
    if (Array.isArray(symbol.children)) for (const child of symbol.children.toReversed()) waiting.push(child)
  }
  return symbols
}

function toFlat({ name, kind, location, range }: Readonly<Record<string, unknown>>, file: string | null) {
  const place = isObject(location) ? location : { uri: file, range }
  const uri = typeof place.uri === 'string' ? normalizeUri(place.uri) : null
  const checked = toRange(place.range)
  if (typeof name !== 'string' || typeof kind !== 'number' || uri === null || checked === null) return null
  return { name, kind, location: { uri, range: checked } }
}

function toRange(range: unknown): FlatSymbol['location']['range'] | null {
  const start = isObject(range) ? toPosition(range.start) : null
  const end = isObject(range) ? toPosition(range.end) : null
  return start === null || end === null ? null : { start, end }
}

function toPosition(position: unknown): { line: number; character: number } | null {
  if (!isObject(position)) return null
  const { line, character } = position
  return typeof line === 'number' && typeof character === 'number' ? { line, character } : null
}
