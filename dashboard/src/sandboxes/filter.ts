import { type Dispatch, type SetStateAction, useEffect, useRef, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { ownLabels } from './labels.ts'
import type { SandboxItem } from './live.ts'
import { toneOf } from './states.tsx'

/** What of the list is shown. An empty text lets everything through. */
export interface Filter {
  /** words that name, id, snapshot or labels must all have */
  readonly text: string
  readonly group: Group
  readonly snapshot: string
  /** `name=value` */
  readonly label: string
  readonly region: string
  /** of previews: `public` or `private` */
  readonly access: string
}

const groups = ['all', 'good', 'busy', 'rest', 'bad'] as const
type Group = (typeof groups)[number]

/** Shows all. */
export const noFilter: Filter = { text: '', group: 'all', snapshot: '', label: '', region: '', access: '' }

/** names in the address */
const names = { text: 'q', group: 'state', snapshot: 'snapshot', label: 'label', region: 'region', access: 'previews' }
const words: Readonly<Record<Group, string>> = {
  all: '',
  good: 'running',
  busy: 'changing',
  rest: 'resting',
  bad: 'failed',
}
/** Typed letters go into the address together: browsers take few changes of it in a short time, ms. */
const settleMs = 250

/** The sandboxes that a filter lets through. */
export function applyFilter(sandboxes: readonly SandboxItem[], filter: Filter): readonly SandboxItem[] {
  const { group, snapshot, label, region, access } = filter
  const wanted = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  return sandboxes.filter((sandbox) => {
    if (group !== 'all' && toneOf(sandbox.state) !== group) return false
    if (snapshot !== '' && (sandbox.snapshot ?? '') !== snapshot) return false
    if (region !== '' && sandbox.target !== region) return false
    if (access !== '' && sandbox.public !== (access === 'public')) return false
    if (label !== '' && !ownLabels(sandbox).includes(label)) return false
    if (wanted.length === 0) return true
    const labels = Object.entries(sandbox.labels).map(([name, value]) => `${name}=${value}`)
    const all = [sandbox.name, sandbox.id, sandbox.snapshot, sandbox.state, ...labels].join(' ').toLowerCase()
    return wanted.every((word) => all.includes(word))
  })
}

/** The filter that an address asks for. */
export function readFilter(search: string): Filter {
  const params = new URLSearchParams(search)
  const read = (key: keyof typeof names): string => (params.get(names[key]) ?? '').slice(0, 500)
  return {
    text: read('text'),
    group: groups.find((one) => one !== 'all' && words[one] === read('group')) ?? 'all',
    snapshot: read('snapshot'),
    label: read('label'),
    region: read('region'),
    access: ['public', 'private'].find((one) => one === read('access')) ?? '',
  }
}

/** The address of the list with a filter. */
export function listPath(filter: Filter, more: Readonly<Record<string, string>> = {}): string {
  const params = new URLSearchParams(more)
  for (const [key, name] of Object.entries(names) as [keyof typeof names, string][]) {
    const value = key === 'group' ? words[filter.group] : filter[key]
    if (value !== '') params.set(name, value)
  }
  return params.size === 0 ? '/sandboxes' : `/sandboxes?${params}`
}

/** where the list was when it was last seen */
let leftAt = '/sandboxes'

/** The list as it was left, with its filter: where the way back from one sandbox leads. */
export function leftListPath(): string {
  return leftAt
}

/** The filter, which is kept in the address: it can be shared, and is there again when the page comes back. */
export function useFilter(): [Filter, Dispatch<SetStateAction<Filter>>] {
  const search = useSearch()
  const [, go] = useLocation()
  const isCreating = new URLSearchParams(search).has('create')
  // What is in the address beside `create` is for the dialog.
  const [filter, setFilter] = useState(() => (isCreating ? noFilter : readFilter(search)))
  /** what this page has put into the address last */
  const written = useRef(listPath(filter))

  // A link, or the way back: the address has changed, and not by what was typed here.
  useEffect(() => {
    if (isCreating) return
    const asked = readFilter(search)
    if (listPath(asked) === written.current) return
    written.current = listPath(asked)
    setFilter(asked)
  }, [search, isCreating])

  useEffect(() => {
    const path = listPath(filter)
    leftAt = path
    if (isCreating || path === written.current) return
    const timer = setTimeout(() => {
      // While the page of a sandbox is being loaded, this one is hidden and not gone.
      if (!location.pathname.endsWith('/sandboxes')) return
      written.current = path
      go(path, { replace: true })
    }, settleMs)
    return () => clearTimeout(timer)
  }, [filter, isCreating, go])

  return [filter, setFilter]
}
