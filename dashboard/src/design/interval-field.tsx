import { type ReactNode, useId, useState } from 'react'
import './fold.css'
import { minutesText } from './times.ts'

/** A span of time in minutes: one of a few, or any other. What was chosen is in the form by `name`; empty for `usual`. */
export function IntervalField({
  label,
  name,
  hint,
  usual,
  words = {},
  choices,
  value,
}: {
  label: string
  name: string
  hint?: ReactNode
  /** what happens when nothing is chosen; without it something always is */
  usual?: string
  /** names of numbers that are no span of time: `{ 0: 'never' }` */
  words?: Readonly<Record<number, string>>
  /** minutes */
  choices: readonly number[]
  /** chosen at the beginning */
  value?: number
}): ReactNode {
  const id = useId()
  const [minutes, setMinutes] = useState(value === undefined ? '' : String(value))
  const [isOther, setOther] = useState(false)
  const known = value === undefined || choices.includes(value) ? choices : [...choices, value]
  const textOf = (one: number): string => words[one] ?? minutesText(one)
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="interval">
        <select
          className="input"
          id={id}
          aria-describedby={hint === undefined ? undefined : `${id}-hint`}
          value={isOther ? 'other' : minutes}
          onChange={({ target }) => {
            setOther(target.value === 'other')
            if (target.value !== 'other') setMinutes(target.value)
          }}
        >
          {usual !== undefined && <option value="">{usual}</option>}
          {known.map((one) => (
            <option key={one} value={one}>
              {textOf(one)}
            </option>
          ))}
          <option value="other">another time…</option>
        </select>
        {isOther && (
          <input
            className="input"
            type="number"
            min={1}
            step={1}
            required
            aria-label={`${label}, minutes`}
            placeholder="Minutes"
            value={minutes}
            onChange={({ target }) => setMinutes(target.value)}
          />
        )}
        <input type="hidden" name={name} value={minutes} />
      </div>
      {hint !== undefined && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}
