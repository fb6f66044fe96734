import type { SessionKeeper } from '../../session/keeper.ts'

/** A `fetch` that tells how much of a file it has sent, which no browser's own does. */
export interface UploadFetch {
  readonly fetch: typeof fetch
  /** Tells of the requests whose body the file is: bytes that were sent. */
  watch(file: Blob, onSent: (bytes: number) => void): void
}

/** Makes one with the bearer of the session; what sends no file goes by the session's own `fetch`. */
export function createUploadFetch(keeper: SessionKeeper): UploadFetch {
  const watched = new WeakMap<Blob, (bytes: number) => void>()
  const bearer = (): string => {
    const state = keeper.state()
    return state.kind === 'in' ? state.session.token : ''
  }
  return {
    watch: (file, onSent) => void watched.set(file, onSent),
    async fetch(input, init = {}) {
      const { body } = init
      if (!(body instanceof Blob)) return await keeper.fetch(input, init)
      const onSent = watched.get(body) ?? (() => {})
      const used = bearer()
      const response = await send(String(input), init, used, onSent)
      if (response.status !== 401) return response
      const fresh = await keeper.renew(used)
      return fresh === null || fresh === used ? response : await send(String(input), init, fresh, onSent)
    },
  }
}

/** One request, by the way that browsers have had before `fetch`. */
function send(url: string, init: RequestInit, bearer: string, onSent: (bytes: number) => void): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const { signal } = init
    const end = (): void => request.abort()
    request.open(init.method ?? 'GET', url)
    const headers = new Headers(init.headers)
    headers.set('authorization', `Bearer ${bearer}`)
    for (const [name, value] of headers) request.setRequestHeader(name, value)
    request.upload.addEventListener('progress', ({ loaded }) => onSent(loaded))
    request.addEventListener('load', () => {
      const { status, statusText, responseText } = request
      const type = { 'content-type': request.getResponseHeader('content-type') ?? 'text/plain' }
      resolve(
        new Response([204, 205, 304].includes(status) ? null : responseText, { status, statusText, headers: type }),
      )
    })
    request.addEventListener('error', () => reject(new TypeError('The platform was not reached')))
    request.addEventListener('abort', () => reject(signal?.reason ?? new DOMException('Given up', 'AbortError')))
    request.addEventListener('loadend', () => signal?.removeEventListener('abort', end))
    if (signal?.aborted === true) return reject(signal.reason)
    signal?.addEventListener('abort', end)
    request.send(init.body as Blob)
  })
}
