import { Toast } from '@base-ui/react/toast'
import { X } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'

/** Tells what has happened, for a while, in a corner. */
export interface Tell {
  /**
   * `undo` takes it back, where the platform can; it is offered for a while. What was told `about` the same thing before, by
   * its id, goes: its undo would lead back to what is no more.
   */
  done(title: string, undo?: () => void, about?: string): void
  failed(title: string, error: unknown): void
}

/** The way to tell. */
export function useTell(): Tell {
  const { add, close } = Toast.useToastManager()
  return useMemo(
    () => ({
      done: (title, undo, about) => {
        if (about !== undefined) close(about)
        // Once only.
        const onClick = (): void => {
          close(id)
          undo?.()
        }
        const id = add({
          title,
          type: 'good',
          ...(about === undefined ? {} : { id: about }),
          ...(undo === undefined ? {} : { timeout: 10_000, actionProps: { children: 'Undo', onClick } }),
        })
      },
      failed: (title, error) =>
        void add({
          title,
          description: error instanceof Error ? error.message : String(error),
          type: 'bad',
          timeout: 12_000,
          priority: 'high',
        }),
    }),
    [add, close],
  )
}

/** Holds what is told. */
export function Toasts({ children }: { children: ReactNode }): ReactNode {
  return (
    <Toast.Provider>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  )
}

function List(): ReactNode {
  const { toasts } = Toast.useToastManager()
  return toasts.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast">
      <div>
        <Toast.Title />
        {toast.description !== undefined && <Toast.Description className="quiet small" />}
      </div>
      {toast.actionProps !== undefined && <Toast.Action className="button" />}
      <Toast.Close className="icon-button" aria-label="Close">
        <X />
      </Toast.Close>
    </Toast.Root>
  ))
}
