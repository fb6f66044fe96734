import { ArrowLeft, Download, LoaderCircle, Save, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../design/icon-button.tsx'
import { modifier } from '../../design/keys.ts'
import { nameOf, shownName } from './paths.ts'
import type { FileActions } from './use-file-actions.tsx'
import type { OpenFile, View, Workspace } from './workspace.ts'

/** The files that are open, and what can be done to the one that is shown. */
export function OpenTabs({
  workspace,
  view: { open, shown },
  actions,
}: {
  workspace: Workspace
  view: View
  actions: FileActions
}): ReactNode {
  const file = open.find(({ id }) => id === shown)
  const show = (id: number | null): void => workspace.view.set((now) => ({ ...now, shown: id }))
  return (
    <div className="open-head">
      <IconButton label="Back to the files" className="icon-button only-narrow" onClick={() => show(null)}>
        <ArrowLeft />
      </IconButton>
      <div className="open-tabs">
        {open.map((one) => (
          <div key={one.id} className="open-tab" data-shown={one.id === shown}>
            <button
              type="button"
              aria-pressed={one.id === shown}
              title={shownName(one.path)}
              onClick={() => show(one.id)}
            >
              {shownName(nameOf(one.path))}
              {one.isDirty && <span className="unsaved" role="img" aria-label="not saved" title="Not saved" />}
            </button>
            <IconButton label={`Close ${shownName(nameOf(one.path))}`} onClick={() => actions.close(one.id)}>
              <X />
            </IconButton>
          </div>
        ))}
      </div>
      {file !== undefined && <Tools file={file} actions={actions} />}
    </div>
  )
}

function Tools({ file, actions }: { file: OpenFile; actions: FileActions }): ReactNode {
  return (
    <div className="open-tools">
      <IconButton label="Download" onClick={() => actions.download(file.path, false)}>
        <Download />
      </IconButton>
      {file.content.kind === 'text' && (
        <button
          type="button"
          className="button"
          data-kind={file.isDirty ? 'primary' : undefined}
          disabled={!file.isDirty || file.isSaving || file.disk !== 'same'}
          title={file.disk === 'same' ? `Save (${modifier}S)` : 'Choose below which one stays'}
          onClick={() => actions.save(file.id)}
        >
          {file.isSaving ? <LoaderCircle className="spin" aria-hidden /> : <Save aria-hidden />} Save
        </button>
      )}
    </div>
  )
}
