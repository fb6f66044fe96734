import { isIP, isIPv4 } from 'node:net'
import { resolve } from 'node:path'

/** Log levels, the least first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const

/** Any text but none. */
export function text(value: string): string {
  if (value === '') throw new Error('must not be empty')
  return value
}

/** `true` or `false`. */
export function truth(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false')
  return value === 'true'
}

/** A TCP port; 0 takes a free one. */
export function port(value: string): number {
  const number = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (!(number <= 65_535)) throw new Error('must be a port, 0 to 65535')
  return number
}

/** A TCP port, or `off`: null. */
export function portOrOff(value: string): number | null {
  return value === 'off' ? null : port(value)
}

/** A path, made absolute. */
export function folder(value: string): string {
  return resolve(text(value))
}

/** Paths separated by commas, made absolute. */
export function files(value: string): readonly string[] {
  const paths = list(value)
  if (paths.length === 0) throw new Error('must be files separated by commas')
  return paths.map((path) => resolve(path))
}

/** A whole number above 0. */
export function whole(value: string): number {
  const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN
  if (!(number > 0)) throw new Error('must be a whole number above 0')
  return number
}

/** A whole number, 0 too. */
export function wholeOrNone(value: string): number {
  return value === '0' ? 0 : whole(value)
}

/** So many calls in so many seconds. */
export function rateLimit(value: string): { readonly limit: number; readonly seconds: number } {
  const [limit = '', seconds = '', more] = value.split('/')
  if (more !== undefined) throw new Error('must be calls/seconds such as 600/60')
  return { limit: whole(limit), seconds: whole(seconds) }
}

/** An http or https URL without its closing slash. */
export function url(value: string): string {
  const parsed = URL.canParse(value) ? new URL(value) : null
  if (parsed === null || !/^https?:$/.test(parsed.protocol))
    throw new Error('must be a URL that starts with http:// or https://')
  return value.replace(/\/+$/, '')
}

/** A place in a bucket of S3. */
export function bucket(value: string): { readonly bucket: string; readonly prefix: string } {
  const [, name = '', prefix = ''] =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w./-]{0,200}))?$/.exec(value) ?? []
  const parts = prefix.split('/').filter((part) => part !== '')
  if (name === '' || parts.some((part) => /^\.+$/.test(part)))
    throw new Error('must be s3://bucket or s3://bucket/prefix')
  return { bucket: name, prefix: parts.join('/') }
}

/** The administrator's key. */
export function apiKey(value: string): string {
  if (!/^[\w-]{16,256}$/.test(value)) throw new Error('must be 16 to 256 letters, digits, _ and -')
  return value
}

/** Domain names separated by commas, at least one. */
export function domains(value: string): readonly string[] {
  const names = list(value).map((name) => name.toLowerCase())
  const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
  const valid = names.every((name) => new RegExp(`^${label}(\\.${label})*$`).test(name))
  if (names.length === 0 || !valid) throw new Error('must be domain names separated by commas')
  return names
}

/** A domain name; `off` is none. */
export function domainOrOff(value: string): string | null {
  if (value === 'off') return null
  const [domain = '', more] = domains(value)
  if (more !== undefined) throw new Error('must be one domain name, or off')
  return domain
}

/** One email address. */
export function email(value: string): string {
  if (!/^[^\s@,;:<>"()]{1,64}@[a-z0-9.-]{1,190}$/i.test(value)) throw new Error('must be one email address')
  return value
}

/** Which scripts of other origins may read previews. */
export const corsModes = ['off', 'same-site', 'any'] as const

/** One of them. */
export function corsMode(value: string): (typeof corsModes)[number] {
  const mode = corsModes.find((known) => known === value)
  if (mode === undefined) throw new Error(`must be one of ${corsModes.join(', ')}`)
  return mode
}

/** Origins as browsers write them, `*` for all, or `off`. */
export function apiOrigins(value: string): ReadonlySet<string> | '*' | null {
  if (value === 'off') return null
  if (value === '*') return '*'
  return new Set(
    value.split(',').map((piece) => {
      const text = piece.trim()
      const isOrigin = /^https?:\/\/[^/?#@*]+$/i.test(text) && URL.canParse(text)
      if (!isOrigin) throw new Error('must be origins such as https://app.example.com, or *, or off')
      return new URL(text).origin
    }),
  )
}

/** An IPv4 range. */
export function cidr(value: string): string {
  const [address = '', bits = ''] = value.split('/')
  if (!isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    throw new Error('must be an IPv4 range such as 10.1.0.0/16')
  }
  return value
}

/** IP addresses separated by commas. */
export function addresses(value: string): readonly string[] {
  const all = list(value)
  if (!all.every((address) => isIP(address) !== 0)) throw new Error('must be IP addresses separated by commas')
  return all
}

/** IPv4 ranges separated by commas. */
export function cidrs(value: string): readonly string[] {
  return list(value).map(cidr)
}

/** IPv4 or IPv6 ranges or addresses separated by commas. */
export function networks(value: string): readonly string[] {
  return list(value).map((item) => {
    const [address = '', bits, more] = item.split('/')
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
    const isValid =
      most > 0 && more === undefined && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
    if (!isValid) throw new Error('must be addresses or ranges such as 10.1.0.0/16 or fd00::/8')
    return item
  })
}

/** Registries of images, `host` or `host:port`, separated by commas. */
export function registries(value: string): readonly string[] {
  const names = list(value).map((name) => name.toLowerCase())
  if (!names.every((name) => /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[a-f0-9:]+\])(:\d{1,5})?$/.test(name))) {
    throw new Error('must be registries such as registry.example:5000, separated by commas')
  }
  return names
}

/** One of the log levels. */
export function logLevel(value: string): (typeof logLevels)[number] {
  const level = logLevels.find((known) => known === value)
  if (level === undefined) throw new Error(`must be one of ${logLevels.join(', ')}`)
  return level
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
