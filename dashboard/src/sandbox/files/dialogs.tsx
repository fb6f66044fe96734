import type { Sandbox } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { TextField } from '../../design/fields.tsx'
import { FormDialog, textOf } from '../../design/form-dialog.tsx'
import { Modal } from '../../design/modal.tsx'
import { size } from '../../design/sizes.ts'
import type { Entry } from './folders.ts'
import { joinPath, nameFault, nameOf, shownName } from './paths.ts'
import { PermissionsDialog } from './permissions-dialog.tsx'
import type { PickedAll } from './picked.ts'
import type { Asked, FileActions } from './use-file-actions.tsx'

/** The dialog that is asked for. */
export function FileDialogs({ sandbox, actions }: { sandbox: Sandbox; actions: FileActions }): ReactNode {
  const { asked, ask } = actions
  const close = (): void => ask(null)
  switch (asked?.kind) {
    case 'new-file':
    case 'new-folder':
      return <NewDialog kind={asked.kind} folder={asked.folder} actions={actions} onClose={close} />
    case 'delete':
      return <DeleteDialog sandbox={sandbox} entry={asked.entry} actions={actions} onClose={close} />
    case 'permissions':
      return <PermissionsDialog entry={asked.entry} actions={actions} onClose={close} />
    case 'discard':
      return <DiscardDialog id={asked.id} actions={actions} onClose={close} />
    case 'replace':
      return <ReplaceDialog asked={asked} actions={actions} onClose={close} />
    default:
      return null
  }
}

interface DialogProps {
  readonly actions: FileActions
  readonly onClose: () => void
}

function NewDialog({
  kind,
  folder,
  actions,
  onClose,
}: DialogProps & { kind: 'new-file' | 'new-folder'; folder: string }): ReactNode {
  const what = kind === 'new-file' ? 'file' : 'folder'
  return (
    <FormDialog
      title={`New ${what}`}
      description={
        <>
          In <code>{shownName(folder)}</code>
        </>
      }
      verb="Create"
      onClose={onClose}
      onSubmit={async (form) => {
        const name = textOf(form, 'name') ?? ''
        const fault = nameFault(name)
        if (fault !== null) throw new Error(fault)
        const path = joinPath(folder, name)
        await (kind === 'new-file' ? actions.makeFile(path) : actions.makeFolder(path))
      }}
    >
      <TextField label="Name" name="name" required autoComplete="off" className="input mono" />
    </FormDialog>
  )
}

/** more files than this are not counted */
const countDepth = 100

function DeleteDialog({
  sandbox,
  entry,
  actions,
  onClose,
}: DialogProps & { sandbox: Sandbox; entry: Entry }): ReactNode {
  const { data, isPending } = useQuery({
    queryKey: ['files-in', sandbox.id, entry.path],
    queryFn: ({ signal }) =>
      sandbox.toolbox.call('listFiles', { query: { path: entry.path, depth: countDepth, links: true } }, { signal }),
    enabled: entry.isDir && entry.linkTarget === null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
  })
  const files = data?.filter(({ isDir, linkTarget }) => !isDir || linkTarget !== undefined)
  // Of links only they themselves go.
  const bytes = files?.reduce((sum, file) => sum + (file.linkTarget === undefined ? file.size : 0), 0) ?? 0
  const inside = files === undefined ? (isPending ? 'is being counted' : 'is too much to count') : countOf(files, bytes)
  return (
    <FormDialog
      title={`Delete ${entry.linkTarget === null ? '' : 'the link '}${shownName(entry.name)}?`}
      verb="Delete"
      isDanger
      onClose={onClose}
      onSubmit={() => actions.remove(entry)}
    >
      <p className="breakable">
        <code>{shownName(entry.path)}</code> {lossOf(entry, inside)}
      </p>
    </FormDialog>
  )
}

function lossOf({ linkTarget, isBroken, isDir, size: bytes }: Entry, inside: string): string {
  if (linkTarget !== null) {
    const kept = isBroken ? 'It leads nowhere' : 'What it leads to stays'
    return `is a link to ${shownName(linkTarget)}. Only the link is deleted. ${kept}.`
  }
  return isDir ? `and all that is in it are lost for ever. In it: ${inside}.` : `of ${size(bytes)} is lost for ever.`
}

function countOf(files: readonly unknown[], bytes: number): string {
  if (files.length === 0) return 'no files'
  return `${files.length.toLocaleString()} ${files.length === 1 ? 'file' : 'files'}, ${size(bytes)}`
}

function DiscardDialog({ id, actions, onClose }: DialogProps & { id: number }): ReactNode {
  return (
    <FormDialog
      title="Close without saving?"
      verb="Close and lose it"
      isDanger
      onClose={onClose}
      onSubmit={async () => actions.close(id, true)}
    >
      <p>What you typed into this file is not on the disk yet, and is lost when it is closed.</p>
    </FormDialog>
  )
}

const mostNamed = 5

function ReplaceDialog({
  asked: { picked, there },
  actions,
  onClose,
}: DialogProps & { asked: Extract<Asked, { kind: 'replace' }> }): ReactNode {
  const [first] = there
  const send = (chosen: PickedAll): void => {
    onClose()
    actions.send(chosen)
  }
  const others = picked.files.filter(({ isNew }) => isNew)
  const isOne = there.length === 1 && first !== undefined
  return (
    <Modal
      title={isOne ? `Replace ${shownName(nameOf(first.path))}?` : `Replace ${there.length} files?`}
      onClose={onClose}
    >
      <p>
        {isOne ? 'It is' : 'They are'} there already. What is in {isOne ? 'it' : 'them'} now is lost for ever.
      </p>
      <ul className="breakable quiet plain-list">
        {there.slice(0, mostNamed).map(({ path }) => (
          <li key={path}>
            <code>{shownName(path)}</code>
          </li>
        ))}
        {there.length > mostNamed && <li>and {there.length - mostNamed} more</li>}
      </ul>
      <footer>
        <button type="button" className="button" onClick={onClose}>
          Send nothing
        </button>
        {others.length > 0 && (
          <button type="button" className="button" onClick={() => send({ ...picked, files: others })}>
            Only the other {others.length}
          </button>
        )}
        <button type="button" className="button" data-kind="danger" onClick={() => send(picked)}>
          Replace
        </button>
      </footer>
    </Modal>
  )
}

/** The name that is typed instead of another one, in its row. */
export function RenameField({ name, onEnd }: { name: string; onEnd: (to: string | null) => void }): ReactNode {
  const [typed, setTyped] = useState(name)
  const fault = nameFault(typed)
  return (
    <input
      className="input rename mono"
      aria-label={`New name of ${shownName(name)}`}
      aria-invalid={fault !== null}
      title={fault ?? undefined}
      spellCheck={false}
      value={typed}
      ref={(input) => {
        if (input === null || input.dataset.chosen !== undefined) return
        input.dataset.chosen = ''
        input.focus({ preventScroll: true })
        const dot = name.lastIndexOf('.')
        input.setSelectionRange(0, dot > 0 ? dot : name.length)
      }}
      onChange={(event) => setTyped(event.target.value)}
      onClick={(event) => event.stopPropagation()}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === 'Escape') onEnd(null)
        if (event.key === 'Enter' && fault === null) onEnd(typed)
      }}
      onBlur={() => onEnd(null)}
    />
  )
}
