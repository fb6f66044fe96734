const key = 'sandyard.browser'

let name: string | null = null

/**
 * What this browser calls itself at the door of sessions: drawn by lot once, and kept where only pages of this origin read
 * it. A session of this browser's cookie counts only with it, as programs in previews can set cookies too.
 */
export function browserName(): string {
  name = read() ?? name ?? make()
  return name
}

function read(): string | null {
  try {
    const kept = localStorage.getItem(key)
    return kept !== null && /^[0-9a-f]{32}$/.test(kept) ? kept : null
  } catch {
    return null // the browser keeps nothing: a session is then as old as the page
  }
}

function make(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const made = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  try {
    localStorage.setItem(key, made)
  } catch {
    // as above
  }
  return made
}
