/** How many keys are named before the rest is only counted. */
const mostNamed = 3

/** Says which API keys go with a membership; undefined while they are not known. */
export function keysInWords(names: readonly string[] | undefined): string {
  if (names === undefined) return 'API keys made there are deleted.'
  if (names.length === 0) return 'There are no API keys that would be deleted.'
  const first = names.slice(0, mostNamed).join(', ')
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : ''
  return names.length === 1 ? `The API key ${first} is deleted.` : `The API keys ${first}${more} are deleted.`
}
