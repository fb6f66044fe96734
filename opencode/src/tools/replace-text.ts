/**
 * Replaces a text by another. Where the exact text is not there, lines that differ from it only in white space at
 * their ends are taken, as models often get that wrong; they must be the only such lines.
 *
 * Line breaks of both texts become those of the content. Throws an Error when nothing or too much is found.
 */
export function replaceText(content: string, oldText: string, newText: string, isForAll: boolean): string {
  const lineBreak = content.includes('\r\n') ? '\r\n' : '\n'
  const wanted = withLineBreak(oldText, lineBreak)
  const replacement = withLineBreak(newText, lineBreak)
  if (wanted === replacement) throw new Error('No changes to apply: oldString and newString are identical.')
  const found = content.includes(wanted) ? wanted : findLoosely(content, wanted)
  // By a function: in a text, `$&` and the like would mean something.
  if (isForAll) return content.replaceAll(found, () => replacement)
  const at = content.indexOf(found)
  if (content.includes(found, at + 1)) throw manyFound()
  return content.slice(0, at) + replacement + content.slice(at + found.length)
}

/** The only lines of the content that are the wanted ones but for white space at the ends of each. */
function findLoosely(content: string, wanted: string): string {
  const lines = content.split('\n')
  const searched = wanted
    .replace(/\r?\n$/, '')
    .split('\n')
    .map((line) => line.trim())
  if (searched.every((line) => line === '')) throw notFound()
  const places = new Set<string>()
  for (let first = 0; first + searched.length <= lines.length; first += 1) {
    if (searched.every((line, index) => lines[first + index]?.trim() === line))
      places.add(lines.slice(first, first + searched.length).join('\n'))
  }
  const [place, other] = places
  if (place === undefined) throw notFound()
  if (other !== undefined) throw manyFound()
  // The line break at its end, if the wanted text has one, and else not the carriage return either.
  const end = wanted.endsWith('\n') && content.includes(`${place}\n`) ? '\n' : ''
  return end === '' ? place.replace(/\r$/, '') : place + end
}

function withLineBreak(text: string, lineBreak: string): string {
  const plain = text.replaceAll('\r\n', '\n')
  return lineBreak === '\n' ? plain : plain.replaceAll('\n', lineBreak)
}

function notFound(): Error {
  return new Error(
    'Could not find oldString in the file. It must match exactly, including whitespace, indentation, and line endings.',
  )
}

function manyFound(): Error {
  return new Error('Found multiple matches for oldString. Provide more surrounding context to make the match unique.')
}
