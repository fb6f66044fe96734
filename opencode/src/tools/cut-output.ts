/** How much one answer of a tool may have before OpenCode cuts it and saves the rest on the host. */
export interface OutputLimits {
  readonly lines: number
  /** of UTF-8 */
  readonly bytes: number
}

/** OpenCode's own, unless its configuration says otherwise (`tool_output`). */
export const usualLimits: OutputLimits = { lines: 2000, bytes: 51_200 }

/** The limits of a configuration of OpenCode, which nobody has checked yet. */
export function limitsOf(config: Readonly<Record<string, unknown>>): OutputLimits {
  const { max_lines, max_bytes } = (config.tool_output ?? {}) as { max_lines?: unknown; max_bytes?: unknown }
  const either = (value: unknown, usual: number): number =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : usual
  return { lines: either(max_lines, usualLimits.lines), bytes: either(max_bytes, usualLimits.bytes) }
}

/** True when OpenCode would show all of a text. */
export function fits(text: string, limits: OutputLimits): boolean {
  return Buffer.byteLength(text) <= limits.bytes && countLines(text) <= limits.lines
}

/** The last lines of a text that fit; of a last line that is too long, its end. */
export function lastPart(text: string, limits: OutputLimits): string {
  const bytes = Buffer.from(text)
  let from = Math.max(bytes.length - limits.bytes, 0)
  // Not in the middle of a character.
  while (from > 0 && from < bytes.length && ((bytes[from] ?? 0) & 0xc0) === 0x80) from += 1
  const isCutInLine = from > 0 && bytes[from - 1] !== newline
  const end = bytes.subarray(from).toString('utf8')
  const lines = end.split('\n')
  const whole = isCutInLine && lines.length > 1 ? lines.slice(1) : lines
  return whole.slice(-limits.lines).join('\n')
}

const newline = 10

/** Lines of a text, as OpenCode counts them: one more than there are line breaks. */
export function countLines(text: string): number {
  let count = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return count
}
