import type { ReactNode } from 'react'
import { useLocation } from 'wouter'
import { TextField } from '../design/fields.tsx'
import { FormDialog, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import { type Preview, usePreviewCalls } from './calls.ts'
import { LoginFields, readLogin, readServing, ServingFields } from './serving-fields.tsx'
import { previewName } from './words.ts'

/** Asks for a preview of a branch, and goes to it. */
export function StartPreview({ repository, onClose }: { repository?: string; onClose: () => void }): ReactNode {
  const calls = usePreviewCalls()
  const [, go] = useLocation()
  async function start(form: FormData): Promise<void> {
    const branch = textOf(form, 'branch')
    const preview = await calls.start({
      repository: textOf(form, 'repository') ?? '',
      ...(branch === undefined ? {} : { branch }),
      ...readLogin(form),
      ...readServing(form),
    })
    go(`/previews/${preview.id}`)
  }
  return (
    <FormDialog
      title="Preview a branch"
      description="The platform clones it, finds out how it is built and served, and gives it a URL."
      verb="Build"
      onSubmit={start}
      onClose={onClose}
    >
      <TextField
        label="Repository"
        name="repository"
        placeholder="https://github.com/acme/shop"
        hint="The URL that you clone from, https or http."
        defaultValue={repository}
        autoCapitalize="none"
        required
      />
      <TextField label="Branch" name="branch" placeholder="the repository's own" autoCapitalize="none" />
      <div>
        <LoginFields />
        <ServingFields />
      </div>
    </FormDialog>
  )
}

/** Asks before a preview is deleted. */
export function DeletePreview({
  preview,
  onDeleted,
  onClose,
}: {
  preview: Preview
  onDeleted?: () => void
  onClose: () => void
}): ReactNode {
  const calls = usePreviewCalls()
  const tell = useTell()
  async function remove(): Promise<void> {
    await calls.remove(preview.id)
    tell.done(`The preview of ${previewName(preview)} goes`)
    onDeleted?.()
  }
  return (
    <FormDialog title={`Delete ${previewName(preview)}?`} verb="Delete" isDanger onSubmit={remove} onClose={onClose}>
      <p>
        Its sandbox and all files there are lost, and its URL shows nothing any more. The repository is not touched
        {preview.pullRequest === null ? '.' : '; the next push to the pull request makes a new preview.'}
      </p>
    </FormDialog>
  )
}
