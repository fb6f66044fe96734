import { type Addresses, type Call, literal, type Values } from './call.ts'

/** A call with what was typed for it. */
export interface Step {
  readonly call: Call
  readonly values: Values
}

/** Languages that a program is written in. */
export const languages = ['TypeScript', 'Python', 'curl'] as const
/** One of them. */
export type Language = (typeof languages)[number]

/** A whole program that does the steps one after the other; null where the language has no way to do one of them. */
export function program(language: Language, steps: readonly Step[], at: Addresses): string | null {
  switch (language) {
    case 'TypeScript':
      return [
        "import { Daytona } from '@daytonaio/sdk'",
        '',
        'const daytona = new Daytona()',
        `const sandbox = await daytona.get(${literal(at.sandboxId)})`,
        '',
        ...steps.map(({ call, values }) => `${call.typescript(values)}\n`),
      ].join('\n')
    case 'Python':
      return [
        'from daytona import Daytona',
        '',
        'daytona = Daytona()',
        `sandbox = daytona.get(${literal(at.sandboxId)})`,
        '',
        ...steps.map(({ call, values }) => `${call.python(values)}\n`),
      ].join('\n')
    case 'curl': {
      const lines = steps.map(({ call, values }) => call.curl?.(values, at) ?? null)
      return lines.includes(null) ? null : `${lines.join('\n\n')}\n`
    }
  }
}

/** What programs find in their environment, as a shell sets it; the key is the user's own. */
export function environment(api: string): string {
  return `export DAYTONA_API_URL=${api}\nexport DAYTONA_API_KEY=…`
}
