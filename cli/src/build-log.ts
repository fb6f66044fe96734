import { plain, type Screen } from './screen.ts'

/** Takes a log in pieces of any size. */
export interface BuildLog {
  readonly add: (chunk: string) => void
  readonly end: () => void
}

/** Shows the log of a build line by line, on standard error unless it is said where. */
export function buildLog(
  screen: Pick<Screen, 'note'>,
  show: (line: string) => void = (line) => screen.note(line),
): BuildLog {
  let rest = ''
  return {
    add(chunk) {
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) show(plain(line))
    },
    end() {
      if (rest !== '') show(plain(rest))
      rest = ''
    },
  }
}
