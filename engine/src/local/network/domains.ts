/** Names that a sandbox may ask for. */
export interface DomainRules {
  /** True for a name, in lower case and without a dot at its end. */
  allows(name: string): boolean
}

/**
 * Reads patterns: `example.com` is that name alone, `*.example.com` every name below it, however deep, and not itself.
 * They are in lower case and checked already.
 */
export function createDomainRules(patterns: readonly string[]): DomainRules {
  const exact = new Set(patterns.filter((pattern) => !pattern.startsWith('*.')))
  const above = patterns.filter((pattern) => pattern.startsWith('*.')).map((pattern) => pattern.slice(1))
  return {
    allows: (name) => exact.has(name) || above.some((end) => name.length > end.length && name.endsWith(end)),
  }
}
