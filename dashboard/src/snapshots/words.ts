/**
 * The words of a command as a shell tells them apart: by spaces, but for what is in quotes or after a backslash. Nothing else
 * of a shell is known.
 */
export function wordsOf(text: string): string[] {
  const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? []
  return words.map((word) =>
    word.replaceAll(/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g, (_, escaped, inDouble, inSingle) =>
      inDouble === undefined ? (escaped ?? inSingle) : inDouble.replaceAll(/\\(.)/g, '$1'),
    ),
  )
}
