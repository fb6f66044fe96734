import { LoaderCircle } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Modal } from './modal.tsx'
import { Note } from './notes.tsx'

/**
 * A dialog that asks, does, and closes. What the platform says against it is shown, and nothing that was typed is lost.
 * `onSubmit` closes it by ending well, unless `isOpenAfter`, where the caller shows what came of it.
 */
export function FormDialog({
  title,
  description,
  verb,
  isDanger = false,
  isOpenAfter = false,
  onSubmit,
  onClose,
  children,
}: {
  title: string
  description?: ReactNode
  /** what its button says: `Create`, `Delete` */
  verb: string
  /** true where something is lost by it */
  isDanger?: boolean
  isOpenAfter?: boolean
  onSubmit: (form: FormData) => Promise<unknown>
  onClose: () => void
  children: ReactNode
}): ReactNode {
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    setBusy(true)
    setWrong(null)
    try {
      await onSubmit(form)
      if (isOpenAfter) setBusy(false)
      else onClose()
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
      setBusy(false)
    }
  }

  return (
    <Modal title={title} description={description} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        {wrong !== null && <Note kind="bad">{wrong}</Note>}
        <footer>
          <button type="button" className="button" onClick={onClose}>
            {isDanger ? 'Keep' : 'Cancel'}
          </button>
          <button type="submit" className="button" data-kind={isDanger ? 'danger' : 'primary'} disabled={isBusy}>
            {isBusy && <LoaderCircle className="spin" aria-hidden />} {verb}
          </button>
        </footer>
      </form>
    </Modal>
  )
}

/** What was typed, without spaces around it; undefined for nothing. */
export function textOf(form: FormData, name: string): string | undefined {
  return String(form.get(name) ?? '').trim() || undefined
}

/** The number that was typed; undefined for nothing. */
export function numberOf(form: FormData, name: string): number | undefined {
  const text = textOf(form, name)
  return text === undefined ? undefined : Number(text)
}
