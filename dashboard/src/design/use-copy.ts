import { useCallback } from 'react'
import { useTell } from './toasts.tsx'

/** Puts a text into the clipboard and tells so; `what` begins the sentence: `The id`. */
export function useCopy(): (text: string, what: string) => void {
  const tell = useTell()
  return useCallback(
    (text, what) => {
      void copy(text).then(
        () => tell.done(`${what} is in the clipboard`),
        () => tell.failed('The browser gives no clipboard here', text),
      )
    },
    [tell],
  )
}

async function copy(text: string): Promise<void> {
  // Browsers give it only to pages that came over TLS or from this machine.
  if (navigator.clipboard !== undefined) return await navigator.clipboard.writeText(text)
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  // Within the dialog that is open, if one is: it keeps the focus inside.
  const place = document.activeElement?.closest('[role="dialog"]') ?? document.body
  const before = document.activeElement
  place.append(field)
  field.select()
  // The only way there is without TLS, old as it is.
  const isCopied = document.execCommand('copy')
  field.remove()
  if (before instanceof HTMLElement) before.focus()
  if (!isCopied) throw new Error('not copied')
}
