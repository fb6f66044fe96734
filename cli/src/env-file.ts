import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CommandError, exitCodes, usageError } from './exit-codes.ts'

/** Variables of files, those of later files over those of earlier ones. @param folder that paths start from */
export async function readEnvFiles(paths: readonly string[], folder: string): Promise<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const path of paths) {
    const text = await readFile(resolve(folder, path), 'utf8').catch((error: Error) => {
      throw new CommandError(`${path} cannot be read: ${error.message}`, exitCodes.usage)
    })
    Object.assign(variables, parseEnvFile(path, text))
  }
  return variables
}

/**
 * Lines `NAME=VALUE`, with or without `export` before them. `#` begins a comment. A value may stand in single quotes,
 * where all is meant as it is, or in double quotes, where `\n`, `\"` and `\\` are known; nothing is put in for `$`.
 */
function parseEnvFile(path: string, text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/)
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').trim()
    if (line === '' || line.startsWith('#')) continue
    const [, name, rest = ''] = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(line) ?? []
    if (name === undefined) throw usageError(`${path}:${index + 1} is not NAME=VALUE`)
    const quote = rest[0]
    if (quote !== '"' && quote !== "'") {
      variables[name] = rest.replace(/\s+#.*$/, '')
      continue
    }
    // a quoted value may go on over lines
    let body = rest.slice(1)
    const firstLine = index + 1
    for (let end = closing(body, quote); end === -1; end = closing(body, quote)) {
      index += 1
      if (index >= lines.length) throw usageError(`${path}:${firstLine} has a quote that is not closed`)
      body += `\n${lines[index]}`
    }
    const value = body.slice(0, closing(body, quote))
    variables[name] = quote === '"' ? value.replace(/\\([nrt"\\$])/g, (_, letter: string) => unescaped(letter)) : value
  }
  return variables
}

function closing(body: string, quote: string): number {
  for (let index = 0; index < body.length; index += 1) {
    if (quote === '"' && body[index] === '\\') index += 1
    else if (body[index] === quote) return index
  }
  return -1
}

function unescaped(letter: string): string {
  return { n: '\n', r: '\r', t: '\t' }[letter] ?? letter
}
