/** Words as one line for a shell, which takes each as it is. */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ')
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** A line that becomes the program of these words. */
export function execLine(words: readonly string[]): string {
  return `exec ${quoteWords(words)}`
}
