// Makes a call and shows what came of it.
import { make } from './page-make.js'

/** Of an answer that is shown, characters. */
const mostShown = 200_000

/** A form for one call. `key` is the field that holds the credentials. */
export function tryForm({ path, method, parameters, body, example, key }) {
  const fields = parameters.map((parameter) => ({ ...parameter, input: inputOf(parameter) }))
  const text = body === undefined ? null : make('textarea', { spellcheck: 'false', 'aria-label': 'Body' })
  if (text !== null) text.value = example
  const send = make('button', { type: 'submit' }, 'Send')
  const stop = make('button', { type: 'button', class: 'plain', hidden: true }, 'Stop')
  const result = make('div', { 'aria-live': 'polite' })
  const form = make(
    'form',
    {},
    ...fields.map(({ name, required, input }) =>
      make('label', { class: 'field' }, make('span', {}, `${name}${required ? ' *' : ''}`), input),
    ),
    text,
    make('div', { class: 'actions' }, send, stop),
    result,
  )

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    const abort = new AbortController()
    stop.onclick = () => abort.abort()
    stop.hidden = false
    send.disabled = true
    const call = build()
    const shown = make('pre', {})
    result.replaceChildren(make('pre', {}, asCurl(call)), make('p', {}, 'Waiting for the answer.'), shown)
    const startedAt = performance.now()
    try {
      const response = await fetch(call.url, { ...call.options, signal: abort.signal, redirect: 'manual' })
      const ms = Math.round(performance.now() - startedAt)
      const status =
        response.type === 'opaqueredirect' ? 'It sends to another address' : `${response.status} ${response.statusText}`
      result.children[1].replaceChildren(
        make('strong', { class: response.ok ? 'good' : 'bad' }, status),
        ` after ${ms} ms`,
      )
      await read(response, shown)
    } catch (error) {
      result.children[1].replaceChildren(
        make('span', { class: 'bad' }, abort.signal.aborted ? 'Stopped.' : error.message),
      )
    } finally {
      send.disabled = false
      stop.hidden = true
    }
  })

  function build() {
    let filled = path
    const query = new URLSearchParams()
    const headers = {}
    for (const { name, in: place, input } of fields) {
      if (place === 'path') filled = filled.replace(`{${name}}`, encodeURIComponent(input.value))
      else if (input.value === '') continue
      else if (place === 'query') for (const value of input.value.split('\n')) query.append(name, value)
      else headers[name] = input.value
    }
    if (key.value !== '') headers.Authorization = `Bearer ${key.value}`
    if (text !== null) headers['Content-Type'] = 'application/json'
    const url = `/api${filled}${query.size === 0 ? '' : `?${query}`}`
    return { url, options: { method: method.toUpperCase(), headers, ...(text === null ? {} : { body: text.value }) } }
  }

  return form
}

function inputOf({ schema, required, name }) {
  if (schema.enum === undefined) return make('input', { required, autocomplete: 'off', name })
  const options = schema.enum.map((value) => make('option', {}, String(value)))
  return make('select', { name }, ...(required ? [] : [make('option', { value: '' }, '')]), ...options)
}

/** Shows an answer while it comes. */
async function read(response, shown) {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    shown.textContent = text.slice(0, mostShown)
    if (text.length > mostShown) break
  }
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  if (isJson && text.length <= mostShown) shown.textContent = JSON.stringify(JSON.parse(text), null, 2)
  if (text === '') shown.textContent = 'No body.'
}

/** The same call for a shell; the key stays out of it. */
function asCurl({ url, options }) {
  const quote = (value) => `'${value.replaceAll("'", "'\\''")}'`
  const headers = Object.entries(options.headers).map(([name, value]) =>
    name === 'Authorization' ? '-H "Authorization: Bearer $DAYTONA_API_KEY"' : `-H ${quote(`${name}: ${value}`)}`,
  )
  const body = options.body === undefined ? [] : [`-d ${quote(options.body)}`]
  return ['curl', '-X', options.method, ...headers, ...body, quote(location.origin + url)].join(' ')
}
