import { type ReactNode, useEffect, useRef } from 'react'

/** of a log that is shown, characters; what came earlier goes */
export const mostLog = 200_000

/** A log with what has come for it, bounded. */
export function withLog(text: string, chunk: string): string {
  return `${text}${chunk}`.slice(-mostLog)
}

/** Text as it comes. Stays at its end, unless somebody has scrolled away from there. */
export function Log({ label, text }: { label: string; text: string }): ReactNode {
  const box = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each piece of text moves it to the end
  useEffect(() => {
    if (isAtEnd.current) box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [text])
  return (
    <pre
      className="log"
      ref={box}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
      tabIndex={0}
      role="log"
      aria-label={label}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 24
      }}
    >
      {withoutControls(text)}
    </pre>
  )
}

/** Text without the colours and titles that programs write for a terminal, and of lines that were overwritten the last. */
function withoutControls(text: string): string {
  return text.replaceAll(/\p{Cc}\[[0-9;?]*[A-Za-z]|\p{Cc}\]\P{Cc}*\p{Cc}\\?/gu, '').replaceAll(/[^\n]*\r(?!\n|$)/g, '')
}
