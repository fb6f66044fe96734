/** A time, epoch ms, as answers, events and messages have it: ISO 8601 in UTC. */
export function wireDate(ms: number): string {
  return new Date(ms).toISOString()
}

/** The same where there may be none. */
export function wireDateOrNull(ms: number | null): string | null {
  return ms === null ? null : wireDate(ms)
}
