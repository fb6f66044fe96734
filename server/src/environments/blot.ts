/** What stands in a log where a secret was. */
const blot = '***'
/** Shorter values are words that logs are full of. */
const shortest = 7
/** Names of variables whose values nobody else should read. */
const secretName = /key|token|secret|passw|pwd|credential|auth|private|dsn|database_url|connection/i

/** Passes a text on without its secrets. */
export interface Blotter {
  /** Adds a piece of the text. What can be the beginning of a secret waits for the next piece. */
  write(text: string): void
  /** Passes on what waits. */
  flush(): void
  /** A whole text without its secrets; nothing is passed on. */
  clean(text: string): string
}

/** What must not be read in the log of a run. */
export function secretsOfRun(token: string | null, env: Readonly<Record<string, string>> = {}): string[] {
  const values = Object.entries(env).flatMap(([name, value]) => (secretName.test(name) ? [value] : []))
  return token === null ? values : [token, ...values]
}

/** Makes one. Each secret is found as it is, as in a URL, and in base64 as whoever shows a header has it. */
export function createBlotter(secrets: readonly string[], pass: (text: string) => void): Blotter {
  const forms = new Set(secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf))
  // The longest first: one can be the beginning of another.
  const hidden = [...forms].sort((one, other) => other.length - one.length)
  let waiting = ''

  return {
    write(text) {
      if (hidden.length === 0) return pass(text)
      const clean = hide(waiting + text, hidden)
      const kept = beginningAtEnd(clean, hidden)
      waiting = clean.slice(clean.length - kept)
      if (clean.length > kept) pass(clean.slice(0, clean.length - kept))
    },
    flush() {
      if (waiting !== '') pass(waiting)
      waiting = ''
    },
    clean: (text) => hide(text, hidden),
  }
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortest)
  return [...new Set([secret, ...lines])].flatMap((text) => [text, encodeURIComponent(text), ...base64Forms(text)])
}

/** What stands for a text within base64, wherever it begins: without the letters that its neighbours have a part in. */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const isWhole = (before + bytes.length) % 3 === 0
    const inner = encoded.slice(before === 0 ? 0 : before + 1, isWhole ? undefined : -1)
    return inner.length >= shortest ? [inner] : []
  })
}

function hide(text: string, hidden: readonly string[]): string {
  return hidden.reduce((left, secret) => left.replaceAll(secret, blot), text)
}

/** Length of the longest end of the text that a secret begins with. */
function beginningAtEnd(text: string, hidden: readonly string[]): number {
  let longest = 0
  for (const secret of hidden) {
    for (let length = Math.min(secret.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(secret.slice(0, length))) longest = length
    }
  }
  return longest
}
