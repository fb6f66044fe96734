import { Plus, X } from 'lucide-react'
import { type ClipboardEvent, type ReactNode, useRef } from 'react'
import { IconButton } from './icon-button.tsx'
import { type Pair, readPairs, withPairs } from './pairs.ts'
import './fold.css'

/** Rows of names and values. Lines of `NAME=value` that are pasted, such as a whole .env file, become a row each. */
export function PairsField({
  label,
  hint,
  pairs,
  onChange,
  words = { name: 'Name', value: 'Value', add: 'Add one' },
  isSecret = false,
}: {
  label: string
  hint?: ReactNode
  pairs: readonly Pair[]
  onChange: (pairs: readonly Pair[]) => void
  words?: { readonly name: string; readonly value: string; readonly add: string }
  /** true: values are shown as dots */
  isSecret?: boolean
}): ReactNode {
  const box = useRef<HTMLFieldSetElement>(null)
  const put = (at: number, change: Partial<Pair>): void =>
    onChange(pairs.map((pair, index) => (index === at ? { ...pair, ...change } : pair)))

  function paste(event: ClipboardEvent, at: number): void {
    const found = readPairs(event.clipboardData.getData('text'))
    if (found.length === 0) return
    event.preventDefault()
    const rest = pairs.filter((pair, index) => index !== at || pair.name !== '' || pair.value !== '')
    onChange(withPairs(rest, found))
  }

  function add(): void {
    onChange([...pairs, { name: '', value: '' }])
    requestAnimationFrame(() => box.current?.querySelector<HTMLInputElement>('.pair-row:last-of-type input')?.focus())
  }

  return (
    <fieldset className="pairs" ref={box}>
      <legend>{label}</legend>
      {hint !== undefined && <span className="hint">{hint}</span>}
      {pairs.map(({ name, value }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, whatever is typed into it
        <div className="pair-row" key={at}>
          <input
            className="input mono"
            aria-label={`${words.name} ${at + 1}`}
            placeholder={words.name}
            autoCapitalize="none"
            spellCheck={false}
            value={name}
            onChange={(event) => put(at, { name: event.target.value })}
            onPaste={(event) => paste(event, at)}
          />
          <input
            className="input mono"
            aria-label={`${words.value} ${at + 1}`}
            placeholder={words.value}
            type={isSecret ? 'password' : 'text'}
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={(event) => put(at, { value: event.target.value })}
          />
          <IconButton
            label={`Remove ${name || `row ${at + 1}`}`}
            onClick={() => onChange(pairs.filter((_, index) => index !== at))}
          >
            <X />
          </IconButton>
        </div>
      ))}
      <button type="button" className="button" onClick={add}>
        <Plus aria-hidden /> {words.add}
      </button>
    </fieldset>
  )
}
