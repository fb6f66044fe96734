import { Check, CircleAlert, CircleSlash, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../design/icon-button.tsx'
import { size } from '../../design/sizes.ts'
import { nameOf, shownName } from './paths.ts'
import type { FileActions } from './use-file-actions.tsx'
import type { Upload, Workspace } from './workspace.ts'

const mostShown = 50

/** The files that are on their way, those first that want to be looked at. */
export function UploadList({
  workspace,
  uploads,
  actions,
}: {
  workspace: Workspace
  uploads: readonly Upload[]
  actions: FileActions
}): ReactNode {
  if (uploads.length === 0) return null
  const left = uploads.filter(isOnItsWay)
  const all = uploads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const sent = uploads.reduce((sum, upload) => sum + (isOnItsWay(upload) ? upload.sentBytes : upload.sizeBytes), 0)
  const failed = uploads.filter(({ state }) => state === 'failed').length
  const clear = (): void => workspace.view.set((view) => ({ ...view, uploads: view.uploads.filter(isOnItsWay) }))
  return (
    <section className="uploads" aria-label="Uploads">
      <header>
        <h2>
          <span role="status">
            {left.length > 0 ? `${left.length} of ${uploads.length} to send` : summary(uploads.length, failed)}
          </span>
        </h2>
        {left.length > 0 ? (
          <button type="button" className="button" onClick={() => actions.cancelUpload(null)}>
            Cancel
          </button>
        ) : (
          <>
            {failed > 0 && (
              <button type="button" className="button" onClick={actions.sendAgain}>
                Send again
              </button>
            )}
            <IconButton label="Close the uploads" onClick={clear}>
              <X />
            </IconButton>
          </>
        )}
      </header>
      {left.length > 0 && <progress aria-label="All uploads" value={sent} max={Math.max(1, all)} />}
      <ul>
        {uploads
          .toSorted((one, other) => rank(one) - rank(other))
          .slice(0, mostShown)
          .map((upload) => (
            <Line key={upload.id} upload={upload} actions={actions} />
          ))}
        {uploads.length > mostShown && <li className="quiet">and {uploads.length - mostShown} more</li>}
      </ul>
    </section>
  )
}

function Line({ upload, actions }: { upload: Upload; actions: FileActions }): ReactNode {
  const { id, path, state, fault, sentBytes, sizeBytes } = upload
  return (
    <li data-state={state}>
      {state === 'done' && <Check aria-label="sent" />}
      {state === 'failed' && <CircleAlert aria-label="failed" />}
      {state === 'cancelled' && <CircleSlash aria-label="cancelled" />}
      <div title={shownName(path)}>
        <span className="name">{shownName(nameOf(path))}</span>
        {fault !== null && <span className="fault">{fault}</span>}
        {state === 'sending' && (
          <progress aria-label={shownName(nameOf(path))} value={sentBytes} max={Math.max(1, sizeBytes)} />
        )}
      </div>
      <span className="quiet numbers small">
        {state === 'sending' ? `${size(sentBytes)} of ${size(sizeBytes)}` : size(sizeBytes)}
      </span>
      {isOnItsWay(upload) && (
        <IconButton label={`Cancel ${shownName(nameOf(path))}`} onClick={() => actions.cancelUpload(id)}>
          <X />
        </IconButton>
      )}
    </li>
  )
}

function isOnItsWay({ state }: Upload): boolean {
  return state === 'waiting' || state === 'sending'
}

function rank({ state }: Upload): number {
  return ['failed', 'sending', 'waiting', 'cancelled', 'done'].indexOf(state)
}

function summary(count: number, failed: number): string {
  if (failed > 0) return `${failed} of ${count} not sent`
  return count === 1 ? '1 file is sent' : `${count} files are sent`
}
