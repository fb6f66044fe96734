/**
 * Lets modules be imported as TypeScript's own tools let them: `./x` for `x.ts` or `x/index.ts`, `./x.js` for `x.ts`.
 * What Node finds by itself comes first, and its error stays when there is nothing.
 */
const findModules = `
import { registerHooks } from 'node:module'
const endings = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']
registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context)
    } catch (error) {
      if (!/^(?:\\.|\\/|file:)/.test(specifier)) throw error
      const others = endings.map((ending) => specifier.replace(/\\/$/, '') + ending)
      if (/\\.[cm]?js$/.test(specifier)) others.unshift(specifier.replace(/js$/, 'ts'))
      for (const other of others) {
        try {
          return next(other, context)
        } catch {}
      }
      error.stack = error.stack.replace(/\\n[^\\n]*data:text[^\\n]*/g, '')
      throw error
    }
  },
})
`

/** Options of our Node for this TypeScript. */
export function typeScriptOptions(text: string): string[] {
  const options = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning']
  // Files can only be imported by code that names one.
  if (!/['"`](?:\.{1,2}['"`/]|\/|file:)/.test(text)) return options
  return [...options, `--import=data:text/javascript,${encodeURIComponent(findModules)}`]
}

/** TypeScript may mix `import` and `require`, which Node alone does not. */
export function withRequire(text: string): string {
  const isModule = /^\s*(?:import\s*[\w{*'"]|export\b)/m.test(text)
  if (!isModule || !/\brequire\s*\(/.test(text) || text.includes('createRequire')) return text
  const start = `import { createRequire as sandyardRequire } from 'node:module';`
  return `${start}globalThis.require = sandyardRequire(process.cwd() + '/code.js');${text.replace(/^#!/, '//')}`
}

/** A note where Node's own words for what it cannot run tell nobody what is wrong; else null. */
export function noteOfFailure(text: string, lastOutput: string): string | null {
  if (/^\s*@[A-Za-z_$]/m.test(text) && /^SyntaxError: Invalid or unexpected token$/m.test(lastOutput)) {
    return '\n[decorators are not supported: TypeScript is run by Node, which takes its types away and has no decorators]\n'
  }
  const missing = /^SyntaxError: The requested module .* does not provide an export named '(.*)'$/m.exec(lastOutput)
  if (missing === null) return null
  return `\n[if ${missing[1]} is a type, import it with “import type” or as “type ${missing[1]}”: types are gone when the code runs]\n`
}
