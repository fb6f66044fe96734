import { DaytonaError } from './errors.ts'

// Browsers that do not know it yet get the symbol before a class of ours names a method with it.
if (Symbol.asyncDispose === undefined)
  Object.defineProperty(Symbol, 'asyncDispose', { value: Symbol.for('Symbol.asyncDispose') })

/**
 * Modules of Node that touch the machine of the caller, by name.
 *
 * @internal consumers may have no types of Node
 */
interface Builtins {
  'node:fs': typeof import('node:fs')
  'node:fs/promises': typeof import('node:fs/promises')
  'node:os': typeof import('node:os')
  'node:path': typeof import('node:path')
  'node:crypto': typeof import('node:crypto')
  'node:stream': typeof import('node:stream')
}

/**
 * A module of Node, without an import that a browser or its bundler would stumble over.
 *
 * @param name the module
 * @param purpose what it is needed for, for the error
 * @throws DaytonaError where there is none, such as in a browser
 * @internal
 */
export function builtin<Name extends keyof Builtins>(name: Name, purpose: string): Builtins[Name] {
  const found = typeof process === 'object' ? process.getBuiltinModule?.(name) : undefined
  if (found === undefined)
    throw new DaytonaError(
      `${purpose} needs the files of this machine: Node 20.16 or later, Bun or Deno, and not a browser`,
    )
  return found as unknown as Builtins[Name]
}

/** True in a browser, which streams no request bodies over HTTP/1.1 and sends no headers with a WebSocket. */
export function isBrowser(): boolean {
  return typeof process !== 'object' || process.versions?.node === undefined
}

const dispatcherKey = Symbol.for('undici.globalDispatcher.1')

/**
 * What to give to `fetch` so that a call may take as long as its own deadline says: Node's gives up on an answer after
 * 300 s by itself, and Bun's too. Empty where nothing is to be done.
 */
export async function patientFetchOptions(): Promise<Record<string, unknown>> {
  if (isBrowser()) return {}
  if ('Bun' in globalThis) return { timeout: false }
  // The first use of `fetch` makes the dispatcher.
  await fetch('data:,')
  const dispatcher = (globalThis as unknown as Record<symbol, object | undefined>)[dispatcherKey]
  // A dispatcher that the program has put there, a proxy for example, is the program's choice.
  if (dispatcher?.constructor.name !== 'Agent') return {}
  const Agent = dispatcher.constructor as new (options: object) => object
  return { dispatcher: new Agent({ headersTimeout: 0, bodyTimeout: 0 }) }
}
