/**
 * Arguments of a tool. OpenCode hands over what the model wrote, unchecked; what is wrong is said so that the next
 * try can be right. `null` counts as absent, as models write it for arguments that they leave out.
 */
export type ToolArguments = Readonly<Record<string, unknown>>

/** A text; may be empty. Throws an Error that names the argument. */
export function textOf(args: ToolArguments, name: string): string {
  const value = args[name]
  if (typeof value === 'string') return value
  throw new Error(
    value === undefined || value === null ? `${name} is required` : `${name} must be a text, not ${kindOf(value)}`,
  )
}

/** A text with something in it. Throws an Error that names the argument. */
export function filledTextOf(args: ToolArguments, name: string): string {
  const value = textOf(args, name)
  if (value === '') throw new Error(`${name} is required`)
  return value
}

/** A text with something in it, or undefined. Throws an Error that names the argument. */
export function optionalTextOf(args: ToolArguments, name: string): string | undefined {
  const value = args[name]
  // Models write these where they were told to leave the argument out.
  if (value === undefined || value === null || value === '' || value === 'undefined' || value === 'null')
    return undefined
  return textOf(args, name)
}

/** A whole number within bounds, also where the model wrote it as text; undefined where there is none. */
export function optionalIntegerOf(
  args: ToolArguments,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const value = args[name]
  if (value === undefined || value === null || value === '') return undefined
  const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number) || number < least || number > most)
    throw new Error(`${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
  return number
}

/** True or false, also where the model wrote it as text; false where there is none. */
export function flagOf(args: ToolArguments, name: string): boolean {
  const value = args[name]
  if (value === undefined || value === null || value === '') return false
  if (value === true || value === 'true') return true
  if (value === false || value === 'false') return false
  throw new Error(`${name} must be true or false, not ${JSON.stringify(value)}`)
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
