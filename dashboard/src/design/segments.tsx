import type { ReactNode } from 'react'

/** A few ways to look at something, one of which is chosen. */
export function Segments<Value extends string>({
  label,
  options,
  value,
  onChange,
}: {
  label: string
  options: readonly { readonly value: Value; readonly name: string; readonly count?: number }[]
  value: Value
  onChange: (value: Value) => void
}): ReactNode {
  return (
    <fieldset className="segments" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.name}
          {option.count !== undefined && <span className="numbers">{option.count}</span>}
        </button>
      ))}
    </fieldset>
  )
}
