/** A list of texts as it is stored. */
export function formatList(list: readonly string[] | null): string | null {
  return list === null ? null : JSON.stringify(list)
}

/** A list of texts as it was stored. */
export function parseList(text: string | null): readonly string[] | null {
  return text === null ? null : (JSON.parse(text) as string[])
}
