const units = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const

/** A span of time by its largest unit: `3 h`. */
export function span(ms: number): string {
  const unit = units.find((one) => ms >= one.ms) ?? units[3]
  return `${Math.max(0, Math.floor(ms / unit.ms))} ${unit.name}`
}

/** How long ago something was: `3 h ago`, `now` below five seconds. */
export function ago(iso: string, nowMs: number): string {
  const passed = nowMs - Date.parse(iso)
  return Number.isNaN(passed) || passed < 5000 ? 'now' : `${span(passed)} ago`
}

/** Date and time in the way of the reader's place. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

/** A number of minutes by its largest whole unit: `3 h`. */
export function minutesText(minutes: number): string {
  if (minutes !== 0 && minutes % 1440 === 0) return `${minutes / 1440} d`
  return minutes !== 0 && minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}
