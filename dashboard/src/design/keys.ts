import { useEffect, useRef, useState } from 'react'

/** What to do for `c`, `mod+k`, or `g s` (one key after the other). */
export type KeyMap = Readonly<Record<string, () => void>>

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

/** The key that commands are given with, as keyboards name it. */
export const modifier: string = isApple ? '⌘' : 'Ctrl '

/** longest time between the keys of a sequence, ms */
const sequenceMs = 1200

/** Does what keys stand for while the component is there. Plain keys count only outside of fields and dialogs. */
export function useKeys(map: KeyMap): void {
  const current = useRef(map)
  const [sinceMs] = useState(() => performance.now())
  useEffect(() => {
    current.current = map
    // The page of before stays a while, hidden, until the next one is loaded.
    if (awaited !== null && sinceMs >= awaited.atMs && performance.now() - awaited.atMs < openingMs) press(map)
  })
  useEffect(() => {
    mounted.add(current)
    let first: { key: string; atMs: number } | null = null
    const onKey = (event: KeyboardEvent): void => {
      const isCommand = isApple ? event.metaKey : event.ctrlKey
      if (event.defaultPrevented || event.altKey) return
      const key = event.key.toLowerCase()
      if (!isCommand && (isTyping(event.target) || document.querySelector('[role="dialog"]:not(.toast)') !== null))
        return
      if (isCommand && isInTerminal(event.target)) return
      const sequence = first !== null && event.timeStamp - first.atMs < sequenceMs ? `${first.key} ${key}` : null
      first = isCommand ? null : { key, atMs: event.timeStamp }
      const act =
        current.current[isCommand ? `mod+${key}` : (sequence ?? key)] ?? (isCommand ? undefined : current.current[key])
      if (act === undefined) return
      event.preventDefault()
      act()
    }
    addEventListener('keydown', onKey)
    return () => {
      mounted.delete(current)
      removeEventListener('keydown', onKey)
    }
  }, [])
}

/** Maps of the components that are there. */
const mounted = new Set<{ readonly current: KeyMap }>()
/** A key that the page which is being opened is to take as pressed. */
let awaited: { readonly key: string; readonly atMs: number } | null = null

/** a page that is opened has this long to come, ms */
const openingMs = 5000

/** Does what a plain key stands for on the page that is open, or with `isOpening`, on the one that comes. */
export function pressOnPage(key: string, isOpening: boolean): void {
  awaited = { key, atMs: performance.now() }
  if (!isOpening) for (const map of mounted) press(map.current)
}

function press(map: KeyMap): void {
  const act = awaited === null ? undefined : map[awaited.key]
  if (act === undefined) return
  awaited = null
  act()
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Its programs have keys of their own. On Apple's keyboards commands are never theirs. */
function isInTerminal(target: EventTarget | null): boolean {
  return !isApple && target instanceof HTMLElement && target.closest('.xterm') !== null
}
