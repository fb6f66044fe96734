/** A key as listings show it: three characters at each end (api.md 3.1), none of a short one. */
export function maskKey(value: string): string {
  const stars = '*'.repeat(20)
  return value.length < 20 ? stars : `${value.slice(0, 3)}${stars}${value.slice(-3)}`
}
