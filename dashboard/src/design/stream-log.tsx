import { ArrowDown } from 'lucide-react'
import { memo, type ReactNode } from 'react'
import type { Block, LogState } from './log-lines.ts'
import './stream-log.css'
import { useAtEnd } from './use-at-end.ts'

/**
 * A log with its colours, what went to standard error marked. Stays at its end, unless somebody has scrolled away from
 * there. `whileEmpty`: what is said before the first line.
 */
export function StreamLog({
  label,
  log: { blocks, isCut },
  whileEmpty,
}: {
  label: string
  log: LogState
  whileEmpty: string
}): ReactNode {
  const { box, content, isAway, toEnd } = useAtEnd()
  return (
    <div className="stream-log">
      <div
        className="lines"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
        tabIndex={0}
        role="log"
        aria-label={label}
      >
        <div ref={content}>
          {isCut && <div className="line-note">Earlier lines are not shown.</div>}
          {blocks.map((block) => (
            <Lines key={block.id} block={block} />
          ))}
          {blocks.length === 0 && <div className="line-note">{whileEmpty}</div>}
        </div>
      </div>
      {isAway && (
        <button type="button" className="button" onClick={toEnd}>
          <ArrowDown aria-hidden /> To the end
        </button>
      )}
    </div>
  )
}

const Lines = memo(function Lines({ block: { lines } }: { block: Block }): ReactNode {
  return (
    <>
      {lines.map(({ stream, runs }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line stays in its place of the block
        <div key={at} className="line" data-stream={stream}>
          {runs.length === 0
            ? '\n'
            : runs.map(({ text, look }, place) =>
                look === '' ? (
                  text
                ) : (
                  // biome-ignore lint/suspicious/noArrayIndexKey: likewise
                  <span key={place} className={look}>
                    {text}
                  </span>
                ),
              )}
        </div>
      ))}
    </>
  )
})
