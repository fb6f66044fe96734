import { Copy } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { IconButton } from './icon-button.tsx'
import { Segments } from './segments.tsx'
import { useCopy } from './use-copy.ts'

/** Code or a command to be taken along. `label` is its name: `The command`. */
export function Code({ label, text }: { label: string; text: string }): ReactNode {
  const copy = useCopy()
  return (
    <div className="code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section tabIndex={0} aria-label={label}>
        <pre>{text}</pre>
      </section>
      <IconButton label={`Copy: ${label}`} onClick={() => copy(text, label)}>
        <Copy />
      </IconButton>
    </div>
  )
}

/** what was chosen last in this browser, for the next page with the same choice */
const languageKey = 'sandyard.language'

/** The same in one of several languages or places. */
export function CodeChoice({
  label,
  samples,
}: {
  label: string
  samples: readonly { readonly name: string; readonly text: string }[]
}): ReactNode {
  const [chosen, setChosen] = useState(() => localStorage.getItem(languageKey) ?? '')
  const sample = samples.find(({ name }) => name === chosen) ?? samples[0]
  if (sample === undefined) return null
  return (
    <div className="code-choice">
      <Segments
        label={label}
        options={samples.map(({ name }) => ({ value: name, name }))}
        value={sample.name}
        onChange={(name) => {
          localStorage.setItem(languageKey, name)
          setChosen(name)
        }}
      />
      <Code label={`${label}, ${sample.name}`} text={sample.text} />
    </div>
  )
}
