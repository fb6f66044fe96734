import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { useMembers } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { type AuditFilter, isFiltered, ranges } from './filter.ts'
import { actionWords } from './words.ts'

type Scenarios = AnswerOf<ApiOperations['getAuditScenarios']>['targets']

const none: AuditFilter = { actor: '', action: '', type: '', target: '', outcome: '', range: '', from: '', to: '' }
/** after the last key until what was typed counts, ms */
const typingMs = 350

/** Chooses which entries are shown. */
export function AuditFilters({
  filter,
  onChange,
}: {
  filter: AuditFilter
  onChange: (filter: AuditFilter) => void
}): ReactNode {
  const put = (change: Partial<AuditFilter>): void => onChange({ ...filter, ...change })
  const scenarios = useScenarios()
  const actions = scenarios.filter(({ targetType }) => filter.type === '' || targetType === filter.type)
  return (
    <search className="audit-filters">
      <ActorChoice value={filter.actor} onChange={(actor) => put({ actor })} />
      <Choice
        label="Target"
        value={filter.type}
        onChange={(type) => put({ type, action: '' })}
        options={[['', 'Any target'], ...scenarios.map(({ targetType }) => named(targetType))]}
      />
      <Choice
        label="Action"
        value={filter.action}
        onChange={(action) => put({ action })}
        options={[['', 'Any action'], ...actionOptions(actions.flatMap((one) => one.actions))]}
      />
      <Choice
        label="Outcome"
        value={filter.outcome}
        onChange={(outcome) => put({ outcome })}
        options={[
          ['', 'Any outcome'],
          ['done', 'Done'],
          ['refused', 'Refused or failed'],
        ]}
      />
      <Choice
        label="Time"
        value={filter.range}
        onChange={(range) => put({ range, from: '', to: '' })}
        options={[
          ['', 'Any time'],
          ...Object.entries(ranges).map(([key, { name }]) => [key, name] as const),
          ['own', 'From … to …'],
        ]}
      />
      <TargetField value={filter.target} onChange={(target) => put({ target })} />
      {filter.range === 'own' && (
        <>
          <Moment label="From" value={filter.from} onChange={(from) => put({ from })} />
          <Moment label="To" value={filter.to} onChange={(to) => put({ to })} />
        </>
      )}
      {isFiltered(filter) && (
        <button type="button" className="button" data-kind="plain" onClick={() => onChange(none)}>
          <X aria-hidden /> Show all
        </button>
      )}
    </search>
  )
}

/** What the log notes. It does not change while the platform runs. */
function useScenarios(): Scenarios {
  const { daytona } = usePlatform()
  const { data } = useQuery({
    queryKey: ['audit-scenarios'],
    queryFn: ({ signal }) => daytona.client.call('getAuditScenarios', {}, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return data?.targets ?? []
}

function ActorChoice({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  const members = useMembers().data ?? []
  const known = members.map(({ userId, name, email }) => [userId, name || email || userId] as const)
  // Who has left is in the log still.
  const gone = value === '' || value === 'system' || known.some(([id]) => id === value) ? [] : [[value, value] as const]
  return (
    <Choice
      label="Who"
      value={value}
      onChange={onChange}
      options={[['', 'Anybody'], ...known, ...gone, ['system', 'The platform itself']]}
    />
  )
}

function Choice({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: string
  options: readonly (readonly [value: string, name: string])[]
  onChange: (value: string) => void
}): ReactNode {
  // What an address asks for is shown, known or not.
  const all = options.some(([one]) => one === value) ? options : [...options, [value, value] as const]
  return (
    <select
      className="input"
      aria-label={label}
      data-set={value !== '' || undefined}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    >
      {all.map(([one, name]) => (
        <option key={one} value={one}>
          {name}
        </option>
      ))}
    </select>
  )
}

function TargetField({ value, onChange }: { value: string; onChange: (value: string) => void }): ReactNode {
  const [typed, setTyped] = useState(value)
  const [before, setBefore] = useState(value)
  if (before !== value) {
    setBefore(value)
    setTyped(value)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what is typed starts the wait
  useEffect(() => {
    if (typed.trim() === value) return
    const timer = setTimeout(() => onChange(typed.trim()), typingMs)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <input
      className="input"
      type="search"
      aria-label="Id or name of the target"
      placeholder="Id or name of the target"
      spellCheck={false}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  )
}

function Moment({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange: (value: string) => void
}): ReactNode {
  return (
    <input
      className="input"
      type="datetime-local"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  )
}

function actionOptions(actions: readonly string[]): readonly (readonly [string, string])[] {
  const named = [...new Set(actions)].map((action) => [action, actionWords(action)] as const)
  return named.toSorted(([, a], [, b]) => a.localeCompare(b, 'en', { sensitivity: 'base' }))
}

function named(word: string): readonly [string, string] {
  return [word, word.replaceAll('_', ' ')]
}
