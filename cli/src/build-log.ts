import { plain, type Screen } from './screen.ts'

/** Shows the log of a build on standard error, line by line. */
export function buildLog(screen: Screen): { readonly add: (chunk: string) => void; readonly end: () => void } {
  let rest = ''
  return {
    add(chunk) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) screen.note(plain(line))
    },
    end() {
      if (rest !== '') screen.note(plain(rest))
      rest = ''
    },
  }
}
