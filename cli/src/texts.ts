/** Time since then in its largest unit, such as `3 h`. */
export function age(isoTime: string, nowMs: number = Date.now()): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(isoTime)) / 1000))
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
  ] as const
  for (const [unit, size] of units) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`
  return `${seconds} s`
}

/** Cores, memory and disk, such as `1 core, 2 GiB, 10 GiB disk`. */
export function resources({ cpu, memory, disk }: { cpu: number; memory: number; disk: number }): string {
  return `${cpu} ${cpu === 1 ? 'core' : 'cores'}, ${memory} GiB, ${disk} GiB disk`
}

/** Bytes with a unit of 1024, such as `1.5 GiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  const power = Math.min(units.length - 1, count < 1 ? 0 : Math.floor(Math.log2(count) / 10))
  const value = count / 1024 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

/** `1 sandbox`, `2 sandboxes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** A time as people of this machine write it, short: `2030-01-31 14:05`. Nothing, or what is no time, is `-`. */
export function time(isoTime: string | null | undefined): string {
  const date = new Date(isoTime ?? '')
  if (Number.isNaN(date.getTime())) return '-'
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Time since then as `3 h ago`; `never` for none. */
export function ago(isoTime: string | null | undefined): string {
  return isoTime === null || isoTime === undefined ? 'never' : `${age(isoTime)} ago`
}

/** Minutes in their largest unit that is whole, such as `7 d`. */
export function duration(minutes: number): string {
  if (minutes % 1440 === 0) return `${minutes / 1440} d`
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`
}
