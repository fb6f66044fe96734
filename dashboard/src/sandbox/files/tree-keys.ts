import { type KeyboardEvent, useRef } from 'react'
import type { Entry } from './folders.ts'
import type { Row } from './tree-rows.ts'
import type { FileActions } from './use-file-actions.tsx'

/** how long letters that are typed belong together, ms */
const typingMs = 900

/** What the keys of a tree work on. */
export interface KeyGround {
  readonly rows: readonly Row[]
  readonly at: number
  readonly goTo: (index: number) => void
  readonly toggle: (entry: Entry, isOpen: boolean) => void
  readonly choose: (row: Row) => void
  readonly actions: FileActions
  readonly onRename: (id: string) => void
}

/** Keys as trees have them: arrows, Home, End, Enter, the letters of a name; F2 renames and Delete asks. */
export function useTreeKeys({ rows, at, goTo, toggle, choose, actions, onRename }: KeyGround) {
  const typed = useRef({ text: '', atMs: 0 })
  const row = rows[at]
  const entry = row?.kind === 'entry' ? row : null

  /** The row that a key leads to; null for keys that lead to none. */
  function wayOf(key: string): number | null {
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }
    if (steps[key] !== undefined) return at + steps[key]
    if (key === 'Home') return 0
    if (key === 'End') return rows.length - 1
    if (key === 'ArrowRight' && entry?.isOpen === true) return at + 1
    if (key === 'ArrowLeft' && entry?.isOpen !== true)
      return rows.findLastIndex(({ level }, index) => index < at && level < (row?.level ?? 1))
    return null
  }

  /** Does what a key stands for; false when it stands for nothing. */
  function act(key: string): boolean {
    if (row !== undefined && (key === 'Enter' || key === ' ')) choose(row)
    else if (entry === null) return false
    else if (key === 'ArrowRight' && entry.isOpen === false) toggle(entry.entry, true)
    else if (key === 'ArrowLeft' && entry.isOpen === true) toggle(entry.entry, false)
    else if (key === 'F2') onRename(entry.id)
    else if (key === 'Delete') actions.ask({ kind: 'delete', entry: entry.entry })
    else return false
    return true
  }

  /** The next row whose name begins with what was typed. */
  function seek(key: string, timeStamp: number): number | null {
    const isOn = timeStamp - typed.current.atMs < typingMs
    const text = (isOn ? typed.current.text : '') + key.toLowerCase()
    typed.current = { text, atMs: timeStamp }
    const from = text.length === 1 ? at + 1 : at
    const fits = (one: Row | undefined): boolean =>
      one?.kind === 'entry' && one.entry.name.toLowerCase().startsWith(text)
    const steps = rows.findIndex((_, step) => fits(rows[(from + step) % rows.length]))
    return steps < 0 ? null : (from + steps) % rows.length
  }

  return (event: KeyboardEvent<HTMLElement>): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return
    const { key, timeStamp } = event
    if (key === 'ContextMenu' || (key === 'F10' && event.shiftKey)) {
      event.preventDefault()
      document.querySelector<HTMLElement>(`#tree-row-${at} .icon-button`)?.click()
      return
    }
    // `/` goes on to the search.
    const isLetter = key.length === 1 && key !== '/' && key !== ' '
    if (!isLetter) typed.current = { text: '', atMs: 0 }
    const to = isLetter ? seek(key, timeStamp) : wayOf(key)
    if (to !== null && to >= 0) goTo(to)
    else if (!isLetter && !act(key)) return
    event.preventDefault()
  }
}
