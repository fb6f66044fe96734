import { Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import './code-block.css'
import { IconButton } from './icon-button.tsx'
import { useCopy } from './use-copy.ts'

/** Code to be taken along, with a button that copies it. `label` names it: `The Python code`. */
export function CodeBlock({ label, code }: { label: string; code: string }): ReactNode {
  const copy = useCopy()
  return (
    <div className="code-block">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section tabIndex={0} aria-label={label}>
        <pre>{code}</pre>
      </section>
      <IconButton label={`Copy: ${label}`} onClick={() => copy(code, label)}>
        <Copy />
      </IconButton>
    </div>
  )
}
