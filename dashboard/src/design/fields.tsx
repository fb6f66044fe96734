import { type ComponentProps, type ReactNode, useId } from 'react'

/** What every field has. */
interface About {
  readonly label: string
  /** what to know before it is filled in */
  readonly hint?: ReactNode
}

/** A field of one line; all that `input` takes is passed on. */
export function TextField({ label, hint, ...rest }: About & ComponentProps<'input'>): ReactNode {
  const id = useId()
  return (
    <Field id={id} label={label} hint={hint}>
      <input
        className="input"
        id={id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        spellCheck={false}
        {...rest}
      />
    </Field>
  )
}

/** A field of many lines. */
export function TextArea({ label, hint, ...rest }: About & ComponentProps<'textarea'>): ReactNode {
  const id = useId()
  return (
    <Field id={id} label={label} hint={hint}>
      <textarea
        className="input"
        id={id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        spellCheck={false}
        {...rest}
      />
    </Field>
  )
}

/** One of a few; its options are the children. */
export function SelectField({ label, hint, ...rest }: About & ComponentProps<'select'>): ReactNode {
  const id = useId()
  return (
    <Field id={id} label={label} hint={hint}>
      <select className="input" id={id} aria-describedby={hint === undefined ? undefined : `${id}-hint`} {...rest} />
    </Field>
  )
}

/** Yes or no, the label beside it. */
export function CheckField({ label, hint, ...rest }: About & ComponentProps<'input'>): ReactNode {
  const id = useId()
  return (
    <div className="check-field">
      <input
        type="checkbox"
        className="check"
        id={id}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...rest}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <div className="hint" id={`${id}-hint`}>
            {hint}
          </div>
        )}
      </div>
    </div>
  )
}

function Field({ id, label, hint, children }: About & { id: string; children: ReactNode }): ReactNode {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children}
      {hint !== undefined && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}
