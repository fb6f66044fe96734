/**
 * A text without what a terminal takes for orders, and without signs that are not seen or turn the direction of others
 * around: part of it may come out of a sandbox. Line breaks become blanks.
 */
export function plainText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\r\n\t]+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, '?')
}
