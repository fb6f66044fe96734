const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** A number of bytes for people: `3.4 MiB`. */
export function size(bytes: number): string {
  let at = 0
  let rest = bytes
  for (; Math.abs(rest) >= 1024 && at < units.length - 1; at++) rest /= 1024
  return `${rest.toLocaleString(undefined, { maximumFractionDigits: at === 0 || rest >= 100 ? 0 : 1 })} ${units[at]}`
}
