/** What stands in a log where a secret was. */
const blot = '***'
/** Shorter values are words that logs are full of. */
const shortest = 7
/** What is looked for in all, so that a log costs little whatever a project says: the token comes first. */
const mostForms = 300
const mostCharacters = 256 * 1024
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
  const hidden = hiddenOf(secrets)
  let waiting = ''

  return {
    write(text) {
      if (hidden.length === 0) return pass(text)
      const all = waiting + text
      const cut = cutOf(all, hidden)
      waiting = all.slice(cut)
      if (cut > 0) pass(hide(all.slice(0, cut), hidden))
    },
    flush() {
      if (waiting !== '') pass(hide(waiting, hidden))
      waiting = ''
    },
    clean: (text) => hide(text, hidden),
  }
}

/** A form of a secret, with what it takes to find where it begins. */
interface Hidden {
  readonly secret: string
  readonly falls: Int32Array
}

function hiddenOf(secrets: readonly string[]): readonly Hidden[] {
  const forms = new Set<string>()
  let left = mostCharacters
  for (const form of secrets.filter((secret) => secret.length >= shortest).flatMap(formsOf)) {
    if (forms.size >= mostForms || left < form.length) break
    if (!forms.has(form)) left -= form.length
    forms.add(form)
  }
  // The longest first: one can be the beginning of another.
  const sorted = [...forms].sort((one, other) => other.length - one.length)
  return sorted.map((secret) => ({ secret, falls: fallsOf(secret) }))
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

function hide(text: string, hidden: readonly Hidden[]): string {
  return hidden.reduce((left, { secret }) => left.replaceAll(secret, blot), text)
}

/** How far a text can be passed on: what follows may be the beginning of a secret, or belongs to what is. */
function cutOf(text: string, hidden: readonly Hidden[]): number {
  let cut = text.length - beginningAtEnd(text, hidden)
  for (let before = -1; before !== cut; ) {
    before = cut
    for (const { secret } of hidden) {
      const at = text.indexOf(secret, Math.max(0, cut - secret.length + 1))
      if (at !== -1 && at < cut && at + secret.length > cut) cut = at
    }
  }
  return cut
}

/** Length of the longest end of the text that a secret begins with, found in the time that reading both takes. */
function beginningAtEnd(text: string, hidden: readonly Hidden[]): number {
  let longest = 0
  for (const { secret, falls } of hidden) {
    let matched = 0
    for (let at = Math.max(0, text.length - secret.length + 1); at < text.length; at += 1) {
      while (matched > 0 && secret[matched] !== text[at]) matched = falls[matched - 1] ?? 0
      if (secret[matched] === text[at]) matched += 1
    }
    longest = Math.max(longest, matched)
  }
  return longest
}

/** For each beginning of a text: the length of its longest proper end that is a beginning, too. */
function fallsOf(text: string): Int32Array {
  const falls = new Int32Array(text.length)
  for (let at = 1, matched = 0; at < text.length; at += 1) {
    while (matched > 0 && text[matched] !== text[at]) matched = falls[matched - 1] ?? 0
    if (text[matched] === text[at]) matched += 1
    falls[at] = matched
  }
  return falls
}
