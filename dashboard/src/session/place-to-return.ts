const key = 'sandyard.return'

/** Keeps the address of the page while somebody signs in elsewhere. */
export function rememberPlace(): void {
  sessionStorage.setItem(key, location.pathname + location.search)
}

/** The address that was kept, once; null where none was, or where it is none of this page's. */
export function takePlace(): string | null {
  const kept = sessionStorage.getItem(key)
  sessionStorage.removeItem(key)
  return kept?.startsWith('/dashboard/') === true ? kept : null
}
