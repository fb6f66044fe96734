// The page that shows what the API takes and answers, from the document that the platform serves.
import { make } from './page-make.js'
import { exampleOf, shapeOf } from './page-schema.js'
import { tryForm } from './page-try.js'

const methods = ['get', 'post', 'put', 'patch', 'delete']
const calls = document.getElementById('calls')
const search = document.getElementById('search')
const key = document.getElementById('key')

key.value = sessionStorage.getItem('key') ?? ''
key.addEventListener('input', () => sessionStorage.setItem('key', key.value))
document.getElementById('tools').addEventListener('submit', (event) => event.preventDefault())

try {
  const response = await fetch('/api-json')
  if (!response.ok) throw new Error(`It answered ${response.status}`)
  show(await response.json())
} catch (error) {
  calls.replaceChildren(make('p', { class: 'bad' }, `/api-json could not be read: ${error.message}`))
}

function show(api) {
  document.getElementById('version').textContent = api.info.version
  document.getElementById('about').textContent = plain(api.info.description)
  const groups = new Map(api.tags.map(({ name }) => [name, []]))
  for (const [path, operations] of Object.entries(api.paths)) {
    for (const method of methods) {
      const operation = operations[method]
      if (operation !== undefined) groups.get(operation.tags[0]).push(callOf(api, path, method, operation))
    }
  }
  const sections = [...groups].map(([name, members]) => {
    return { members, section: make('section', {}, make('h2', {}, name), ...members.map(({ element }) => element)) }
  })
  const none = make('p', { hidden: true }, 'No call has all these words.')
  calls.replaceChildren(...sections.map(({ section }) => section), none)

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/)
    let count = 0
    for (const { section, members } of sections) {
      let visible = 0
      for (const { element, text } of members) {
        element.hidden = !words.every((word) => text.includes(word))
        if (!element.hidden) visible += 1
      }
      section.hidden = visible === 0
      count += visible
    }
    none.hidden = count > 0
  }

  function openNamed() {
    const element = document.getElementById(decodeURIComponent(location.hash.slice(1)))
    if (!(element instanceof HTMLDetailsElement)) return
    element.open = true
    element.scrollIntoView()
  }

  search.addEventListener('input', filter)
  addEventListener('hashchange', openNamed)
  filter()
  openNamed()
}

/** One call, whose inside is made when it is opened. */
function callOf(api, path, method, operation) {
  const summary = make(
    'summary',
    {},
    make('span', { class: `method ${method}` }, method.toUpperCase()),
    make('span', { class: 'path' }, path),
    make('span', { class: 'what' }, plain(operation.summary)),
  )
  const element = make('details', { class: 'call', id: operation.operationId }, summary)
  element.addEventListener('toggle', () => {
    if (!element.open || element.children.length > 1) return
    element.append(insideOf(api, path, method, operation))
  })
  const text = `${operation.operationId} ${method} ${path} ${operation.summary} ${operation['x-access']}`.toLowerCase()
  return { element, text }
}

function insideOf(api, path, method, operation) {
  const parameters = operation.parameters.map((each) => resolve(api, each))
  const body = operation.requestBody?.content['application/json'].schema
  const inside = make(
    'div',
    { class: 'inside' },
    make(
      'p',
      {},
      plain(operation.description),
      ' ',
      make('a', { href: `#${operation.operationId}` }, operation.operationId),
    ),
  )
  if (parameters.length > 0) {
    inside.append(
      make('h3', {}, 'Parameters'),
      make('ul', { class: 'shape' }, ...parameters.map((each) => parameter(api, each))),
    )
  }
  if (body !== undefined) inside.append(make('h3', {}, 'Body'), shapeOf(api, body))
  inside.append(make('h3', {}, 'Answers'))
  for (const [status, given] of Object.entries(operation.responses))
    inside.append(answerOf(api, status, resolve(api, given)))
  inside.append(
    make('h3', {}, 'Try it'),
    tryForm({ path, method, parameters, body, example: body === undefined ? '' : exampleOf(api, body), key }),
  )
  return inside
}

function parameter(api, { name, in: place, required, schema, description }) {
  const about = `${place}${required ? ', required' : ''}${description === undefined ? '' : `: ${description}`}`
  return make('li', {}, make('code', {}, name), ' ', make('span', { class: 'type' }, about, '; '), shapeOf(api, schema))
}

function answerOf(api, status, { description, headers, content }) {
  const isGood = status < '400'
  const [type, media] = Object.entries(content ?? {})[0] ?? []
  const names = Object.keys(headers ?? {}).join(', ')
  const details = make(
    'details',
    { open: isGood },
    make('summary', {}, make('strong', { class: isGood ? 'good' : 'bad' }, status), ` ${plain(description)}`),
  )
  if (type !== undefined) details.append(make('span', { class: 'type' }, type), shapeOf(api, media.schema))
  if (names !== '') details.append(make('p', { class: 'type' }, `Headers: ${names}`))
  return details
}

function resolve(api, value) {
  if (value.$ref === undefined) return value
  return value.$ref
    .slice(2)
    .split('/')
    .reduce((found, name) => found[name], api)
}

/** Text without the marks of code. */
function plain(text) {
  return text.replaceAll('`', '')
}
