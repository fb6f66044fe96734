import { useEffect, useRef } from 'react'

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
  useEffect(() => {
    current.current = map
  })
  useEffect(() => {
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
    return () => removeEventListener('keydown', onKey)
  }, [])
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}

/** Its programs have keys of their own. On Apple's keyboards commands are never theirs. */
function isInTerminal(target: EventTarget | null): boolean {
  return !isApple && target instanceof HTMLElement && target.closest('.xterm') !== null
}
