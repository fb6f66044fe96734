import type { languageServerRoutes, RouteOutput } from '@sandyard/protocol'
import { limits } from '@sandyard/protocol/limits'
import { isObject } from '../is-object.ts'

type Completions = RouteOutput<typeof languageServerRoutes.lspCompletions>
type Item = Completions['items'][number]

/** The completions of an answer in the form of the row; the best `limits.languageServerCompletions` when there are more. */
export function toCompletions(result: unknown): Completions {
  const list: unknown = isObject(result) ? result.items : result
  const items = (Array.isArray(list) ? list : []).flatMap((item) => toItem(item) ?? [])
  const isCut = items.length > limits.languageServerCompletions
  if (isCut) items.sort((a, b) => compare(a.sortText ?? a.label, b.sortText ?? b.label))
  return {
    isIncomplete: isCut || (isObject(result) && result.isIncomplete === true),
    items: items.slice(0, limits.languageServerCompletions),
  }
}

function toItem(item: unknown): Item | null {
  if (!isObject(item) || typeof item.label !== 'string') return null
  const edit = isObject(item.textEdit) ? item.textEdit.newText : undefined
  return {
    label: item.label,
    ...(typeof item.kind === 'number' ? { kind: item.kind } : {}),
    ...text('detail', item.detail),
    ...documentation(item.documentation),
    ...text('sortText', item.sortText),
    ...text('filterText', item.filterText),
    ...text('insertText', typeof item.insertText === 'string' ? item.insertText : edit),
  }
}

function text<Name extends string>(name: Name, value: unknown): { readonly [N in Name]?: string } {
  return (typeof value === 'string' ? { [name]: value } : {}) as { readonly [N in Name]?: string }
}

function documentation(value: unknown): Pick<Item, 'documentation'> {
  if (typeof value === 'string') return { documentation: { kind: 'plaintext', value } }
  if (!isObject(value) || typeof value.kind !== 'string' || typeof value.value !== 'string') return {}
  return { documentation: { kind: value.kind, value: value.value } }
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
