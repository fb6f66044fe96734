import { type ReactNode, useEffect } from 'react'
import { Link } from 'wouter'
import { Note } from '../../design/notes.tsx'
import { span } from '../../design/times.ts'
import { useNow } from '../../design/use-now.ts'
import { BuildLog } from '../build-log.tsx'
import { type SandboxDetail, useSandbox } from '../live.ts'
import { StateBadge } from '../states.tsx'

/** A sandbox on its way: its state and the log of its build, as they come. */
export function Making({
  first,
  onStarted,
  onBack,
  onClose,
}: {
  first: SandboxDetail
  onStarted: () => void
  /** back to what was asked for */
  onBack: () => void
  onClose: (isGoingOn: boolean) => void
}): ReactNode {
  const { data: sandbox = first } = useSandbox(first.id)
  const now = useNow(1000)
  const { state } = sandbox
  const hasFailed = state === 'build_failed' || state === 'error'
  const isStarted = state === 'started'
  // biome-ignore lint/correctness/useExhaustiveDependencies: it starts once
  useEffect(() => {
    if (isStarted) onStarted()
  }, [isStarted])
  return (
    <>
      <div className="making-head">
        <StateBadge sandbox={sandbox} />
        <span className="quiet small numbers">
          {hasFailed ? 'It is not made.' : `for ${span(Math.max(0, now - Date.parse(sandbox.createdAt)))}`}
        </span>
      </div>
      {hasFailed && <Note kind="bad">{sandbox.errorReason ?? 'No reason is known; the log may tell.'}</Note>}
      {sandbox.buildInfo !== undefined && <BuildLog sandbox={sandbox} />}
      {!hasFailed && <p className="quiet small">You can close this. It goes on, and the list shows how it stands.</p>}
      <footer>
        {hasFailed && (
          <Link className="button" href={`/sandboxes/${sandbox.id}`}>
            Its page
          </Link>
        )}
        <button type="button" className="button" onClick={() => onClose(!hasFailed)}>
          Close
        </button>
        {hasFailed && (
          <button type="button" className="button" data-kind="primary" onClick={onBack}>
            Change and try again
          </button>
        )}
      </footer>
    </>
  )
}
