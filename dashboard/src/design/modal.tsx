import { Dialog } from '@base-ui/react/dialog'
import { X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'

/**
 * A dialog with a title above its content, open as long as it is there. `isKept`: a press beside it does not close it, as
 * for what is shown only once.
 */
export function Modal({
  title,
  description,
  isKept = false,
  isWide = false,
  onClose,
  children,
}: {
  title: string
  description?: ReactNode
  isKept?: boolean
  /** true for much text */
  isWide?: boolean
  onClose: () => void
  children: ReactNode
}): ReactNode {
  const body = useRef<HTMLDivElement>(null)
  // Not the button that closes it: who opened it wants to type or to choose.
  const firstInside = (): HTMLElement | null =>
    body.current?.querySelector<HTMLElement>('input, select, textarea, button') ?? null
  return (
    <Dialog.Root open disablePointerDismissal={isKept} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup className="dialog" data-wide={isWide || undefined} initialFocus={firstInside}>
          <header>
            <div>
              <Dialog.Title>{title}</Dialog.Title>
              {description !== undefined && (
                <Dialog.Description className="quiet" render={<div />}>
                  {description}
                </Dialog.Description>
              )}
            </div>
            <Dialog.Close className="icon-button" aria-label="Close">
              <X />
            </Dialog.Close>
          </header>
          <div className="body" ref={body}>
            {children}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** The foot of a dialog that has shown something; `children`: what can be done beside leaving it. */
export function Done({ onClose, children }: { onClose: () => void; children?: ReactNode }): ReactNode {
  return (
    <footer>
      {children}
      <button type="button" className="button" data-kind="primary" onClick={onClose}>
        Done
      </button>
    </footer>
  )
}
