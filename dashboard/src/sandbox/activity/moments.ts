import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import type { AuditEntry } from '../../audit/entries.ts'

/** Something that happened to the sandbox. */
export type Happening = AnswerOf<ApiOperations['getSandboxLogs']>['items'][number]

/** A point of the line of time: what people did, or what happened. */
export type Moment =
  | { readonly kind: 'event'; readonly key: string; readonly at: string; readonly happening: Happening }
  | { readonly kind: 'action'; readonly key: string; readonly at: string; readonly entry: AuditEntry }

/** What was read of one source, the newest first. */
interface Source<Item> {
  readonly items: readonly Item[]
  /** true: there is nothing older */
  readonly isWhole: boolean
}

/** Both in one line, the newest first, as far back as both are known. */
export function mergeMoments(happenings: Source<Happening>, entries: Source<AuditEntry>): readonly Moment[] {
  const events = happenings.items.map(
    (happening, at): Moment => ({
      kind: 'event',
      // Counted from the oldest, so that news do not give all of them other keys.
      key: `${happening.timestamp} ${happening.body} ${happenings.items.length - at}`,
      at: happening.timestamp,
      happening,
    }),
  )
  const actions = entries.items.map((entry): Moment => ({ kind: 'action', key: entry.id, at: entry.createdAt, entry }))
  const known = [
    ...(happenings.isWhole ? [] : [events.at(-1)?.at ?? '']),
    ...(entries.isWhole ? [] : [actions.at(-1)?.at ?? '']),
  ].reduce((latest, at) => (at > latest ? at : latest), '')
  return [...events, ...actions].filter(({ at }) => at >= known).toSorted((one, other) => (one.at < other.at ? 1 : -1))
}

/** The moments by the day they were on, in the reader's place. */
export function byDay(moments: readonly Moment[]): readonly (readonly [day: string, moments: readonly Moment[]])[] {
  const days = new Map<string, Moment[]>()
  for (const moment of moments) {
    const day = new Date(moment.at).toLocaleDateString(undefined, { dateStyle: 'full' })
    days.set(day, [...(days.get(day) ?? []), moment])
  }
  return [...days]
}
