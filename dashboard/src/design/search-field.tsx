import { Search, X } from 'lucide-react'
import { type ReactNode, useRef } from 'react'
import { useKeys } from './keys.ts'
import './search-field.css'

/** A field that filters what is below it; `/` goes to it. `label` says what is searched: `Search by name`. */
export function SearchField({
  label,
  placeholder = label,
  value,
  onChange,
}: {
  label: string
  placeholder?: string
  value: string
  onChange: (value: string) => void
}): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  useKeys({ '/': () => field.current?.focus() })
  return (
    <div className="search-field">
      <Search aria-hidden />
      <input
        ref={field}
        className="input"
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      {value === '' ? (
        <kbd className="key" aria-hidden>
          /
        </kbd>
      ) : (
        <button type="button" className="icon-button" aria-label="Clear the search" onClick={() => onChange('')}>
          <X />
        </button>
      )}
    </div>
  )
}

/** True where a text has all words of another, in any order. */
export function hasWords(text: string, wanted: string): boolean {
  const all = text.toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
