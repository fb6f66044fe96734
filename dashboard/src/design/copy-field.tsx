import { Copy } from 'lucide-react'
import { type ReactNode, useId } from 'react'
import { IconButton } from './icon-button.tsx'
import { useCopy } from './use-copy.ts'

/** A value to be taken along: shown whole, copied by a button. `label` is its name: `The key`. */
export function CopyField({ label, value }: { label: string; value: string }): ReactNode {
  const id = useId()
  const copy = useCopy()
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="copy-field">
        <input className="input mono" id={id} readOnly value={value} onFocus={(event) => event.target.select()} />
        <IconButton label={`Copy: ${label}`} onClick={() => copy(value, label)}>
          <Copy />
        </IconButton>
      </div>
    </div>
  )
}
