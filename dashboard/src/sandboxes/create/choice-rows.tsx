import { Plus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../design/icon-button.tsx'
import type { Pair } from '../../design/pairs.ts'

/** Rows of a thing that is chosen and a text for it: a volume and its path, a secret and its variable. */
export function ChoiceRows({
  label,
  hint,
  options,
  rows,
  onChange,
  words,
}: {
  label: string
  hint: ReactNode
  options: readonly { readonly value: string; readonly name: string }[]
  rows: readonly Pair[]
  onChange: (rows: readonly Pair[]) => void
  words: { readonly choice: string; readonly text: string; readonly example: string; readonly add: string }
}): ReactNode {
  const put = (at: number, change: Partial<Pair>): void =>
    onChange(rows.map((row, index) => (index === at ? { ...row, ...change } : row)))
  return (
    <fieldset className="pairs">
      <legend>{label}</legend>
      <span className="hint">{hint}</span>
      {rows.map(({ name, value }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, whatever is chosen in it
        <div className="pair-row" key={at}>
          <select
            className="input"
            aria-label={`${words.choice} ${at + 1}`}
            value={name}
            onChange={({ target }) => put(at, { name: target.value })}
          >
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.name}
              </option>
            ))}
          </select>
          <input
            className="input mono"
            aria-label={`${words.text} ${at + 1}`}
            placeholder={words.example}
            required
            autoCapitalize="none"
            spellCheck={false}
            value={value}
            onChange={({ target }) => put(at, { value: target.value })}
          />
          <IconButton label={`Remove row ${at + 1}`} onClick={() => onChange(rows.filter((_, index) => index !== at))}>
            <X />
          </IconButton>
        </div>
      ))}
      <button
        type="button"
        className="button"
        disabled={options.length === 0}
        onClick={() => onChange([...rows, { name: options[0]?.value ?? '', value: '' }])}
      >
        <Plus aria-hidden /> {words.add}
      </button>
    </fieldset>
  )
}
