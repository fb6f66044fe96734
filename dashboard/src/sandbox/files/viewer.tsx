import { Download, FileQuestion, FileText, RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { later } from '../../design/later.tsx'
import { Failure, Note } from '../../design/notes.tsx'
import { size } from '../../design/sizes.ts'
import { nameOf, shownName } from './paths.ts'
import { mostText } from './read-file.ts'
import type { FileActions } from './use-file-actions.tsx'
import type { OpenFile, Workspace } from './workspace.ts'

const Editor = later(async () => (await import('./editor.tsx')).Editor)

/** What is in a file: its text to be edited, its picture, or that it is something else. */
export function Viewer({
  workspace,
  file,
  actions,
}: {
  workspace: Workspace
  file: OpenFile
  actions: FileActions
}): ReactNode {
  const { content, id, path } = file
  switch (content.kind) {
    case 'loading':
      return (
        <div className="viewer-wait" role="status">
          Is being read…
        </div>
      )
    case 'failed':
      return (
        <Failure
          what={`${shownName(nameOf(path))} could not be read`}
          error={foreignName(path) ?? content.error}
          onRetry={() => actions.load(id)}
        />
      )
    case 'picture':
      return (
        <div className="viewer-picture">
          <img src={content.url} alt={shownName(nameOf(path))} />
        </div>
      )
    case 'other':
      return <NoText file={file} why={content.why} sizeBytes={content.sizeBytes} actions={actions} />
    case 'text':
      return (
        <>
          <DiskNote file={file} actions={actions} />
          <Editor key={id} workspace={workspace} file={file} content={content} />
        </>
      )
  }
}

/** What is said of names that no call can carry as they are. */
function foreignName(path: string): Error | null {
  return path.includes('\ufffd')
    ? new Error('Its name is not valid UTF-8: such a file is reached from a terminal only')
    : null
}

function NoText({
  file: { path },
  why,
  sizeBytes,
  actions,
}: {
  file: OpenFile
  why: 'big' | 'binary' | 'wide'
  sizeBytes: number
  actions: FileActions
}): ReactNode {
  const Icon = why === 'big' ? FileText : FileQuestion
  return (
    <div className="empty">
      <Icon aria-hidden />
      <h2>
        {why === 'big' && `${size(sizeBytes)} are too much for this page`}
        {why === 'wide' && 'This picture is too large for this page'}
        {why === 'binary' && 'This file is not text'}
      </h2>
      <p>
        {why === 'big' &&
          `Up to ${size(mostText)} of text are opened here. It can be downloaded, or looked at in a terminal.`}
        {why === 'wide' && 'It has more than 100 million dots, which would take too much memory. It can be downloaded.'}
        {why === 'binary' &&
          `Its ${size(sizeBytes)} are not valid UTF-8, and would be damaged if they were saved as text.`}
      </p>
      <button type="button" className="button" onClick={() => actions.download(path, false)}>
        <Download aria-hidden /> Download
      </button>
    </div>
  )
}

/** Says when somebody else has changed the file, and lets the person choose which one stays. */
function DiskNote({ file: { id, disk, isDirty }, actions }: { file: OpenFile; actions: FileActions }): ReactNode {
  if (disk === 'same') return null
  return (
    <div className="disk-note" role="alert">
      <Note kind="busy">
        {disk === 'gone'
          ? 'This file is not on the disk any more. To save writes it anew.'
          : `This file has changed on the disk since it was read.${isDirty ? ' What you typed is not saved.' : ''}`}
      </Note>
      <div>
        {disk === 'changed' && (
          <button type="button" className="button" onClick={() => actions.load(id)}>
            <RotateCw aria-hidden /> Load it, and lose mine
          </button>
        )}
        <button type="button" className="button" onClick={() => actions.save(id, true)}>
          {disk === 'changed' ? 'Overwrite it with mine' : 'Save it anew'}
        </button>
      </div>
    </div>
  )
}
