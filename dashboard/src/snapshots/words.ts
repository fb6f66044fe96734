const word = /(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g

/**
 * The words of a command as a shell tells them apart: by spaces, but for what is in quotes or after a backslash. Nothing else
 * of a shell is known. Throws where a quote is not closed.
 */
export function wordsOf(text: string): string[] {
  const words = text.match(word) ?? []
  if (text.replaceAll(word, '').trim() !== '') throw new Error('A quote in the program is not closed')
  return words.map((one) =>
    one.replaceAll(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, inDouble, inSingle) =>
      inDouble === undefined ? (escaped ?? inSingle) : inDouble.replaceAll(/\\(.)/g, '$1'),
    ),
  )
}

/** A command of which `wordsOf` gives these words. */
export function textOfWords(words: readonly string[]): string {
  return words.map((word) => (/^[^\s"'\\]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&')}"`)).join(' ')
}
