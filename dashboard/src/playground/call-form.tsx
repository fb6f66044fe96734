import type { ReactNode } from 'react'
import { TextArea, TextField } from '../design/fields.tsx'
import type { Call, Values } from './call.ts'

/** The fields of a call. */
export function CallForm({
  call,
  values,
  onChange,
}: {
  call: Call
  values: Values
  onChange: (values: Values) => void
}): ReactNode {
  const entries = Object.entries(call.fields)
  if (entries.length === 0) return <p className="quiet">It takes nothing.</p>
  return entries.map(([key, { label, kind = 'line', hint }]) => {
    const shared = { label, ...(hint === undefined ? {} : { hint }), value: values[key] ?? '' }
    const put = (value: string): void => onChange({ ...values, [key]: value })
    if (kind === 'lines') {
      return <TextArea key={key} {...shared} rows={3} onChange={({ target }) => put(target.value)} />
    }
    return (
      <TextField
        key={key}
        {...shared}
        type={kind === 'number' ? 'number' : 'text'}
        autoCapitalize="none"
        onChange={({ target }) => put(target.value)}
      />
    )
  })
}

/** What is in the fields of a call at first. */
export function initialValues(call: Call): Values {
  return Object.fromEntries(Object.entries(call.fields).map(([key, { initial }]) => [key, initial]))
}
