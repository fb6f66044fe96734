/** Which of the two a program has written to. */
export type Stream = 'stdout' | 'stderr'

/** Letters of one look; `look` names classes of `stream-log.css`, and is empty for the usual one. */
export interface Run {
  readonly text: string
  readonly look: string
}

/** One line of a log. */
export interface Line {
  readonly stream: Stream
  readonly runs: readonly Run[]
}

/** Lines that are drawn together; one that is full never changes. */
export interface Block {
  readonly id: number
  readonly lines: readonly Line[]
}

/** A log as it is now. */
export interface LogState {
  readonly blocks: readonly Block[]
  /** true where earlier lines were let go */
  readonly isCut: boolean
}

/** The last lines of a log, as people see them: colours, and lines that were written over by a carriage return. */
export interface LogLines {
  push(stream: Stream, text: string): void
  state(): LogState
}

/** A log for which nothing has come yet. */
export const emptyLog: LogState = { blocks: [], isCut: false }

const linesPerBlock = 100
/** A block with so many looks, or so many characters, is full before: the page must draw all of them. */
const runsPerBlock = 500
const lettersPerBlock = 40_000
/** blocks that are kept */
const mostBlocks = 50
/** characters of a line; what is longer goes on in the next */
const mostOfLine = 4000
/** looks of a line; with more it goes on in the next */
const runsOfLine = 200
/** characters that wait to be put into lines; of a flood the end is what can be read */
const mostWaiting = 500_000
/** longest sequence of a terminal that is waited for, characters */
const mostOfSequence = 4096

/** Begins an empty log. */
export function createLogLines(): LogLines {
  let blocks: Block[] = []
  let open: Line[] = []
  let nextId = 0
  let isCut = false
  let waiting: { stream: Stream; text: string }[] = []
  let waitingLength = 0
  let stream: Stream = 'stdout'
  let runs: Run[] = []
  let length = 0
  /** of the lines in `open` */
  const taken = { runs: 0, letters: 0 }
  /** a carriage return came: what is written next stands in place of the line */
  let isReturned = false
  const pens = { stdout: createPen(), stderr: createPen() }

  function endLine(): void {
    open.push({ stream, runs })
    taken.runs += runs.length
    taken.letters += length
    runs = []
    length = 0
    isReturned = false
    if (open.length < linesPerBlock && taken.runs < runsPerBlock && taken.letters < lettersPerBlock) return
    blocks.push({ id: nextId++, lines: open })
    open = []
    taken.runs = 0
    taken.letters = 0
    if (blocks.length <= mostBlocks) return
    blocks = blocks.slice(-mostBlocks)
    isCut = true
  }

  function write(text: string, look: string): void {
    if (isReturned) {
      runs = []
      length = 0
      isReturned = false
    }
    let rest = text
    for (; length + rest.length > mostOfLine; endLine()) {
      const room = mostOfLine - length
      add(rest.slice(0, room), look)
      rest = rest.slice(room)
    }
    add(rest, look)
  }

  function add(text: string, look: string): void {
    if (text === '') return
    if (runs.length >= runsOfLine && runs.at(-1)?.look !== look) endLine()
    const last = runs.at(-1)
    runs = last?.look === look ? [...runs.slice(0, -1), { text: last.text + text, look }] : [...runs, { text, look }]
    length += text.length
  }

  function take(from: Stream, text: string): void {
    if (from !== stream) {
      if (length > 0) endLine()
      stream = from
    }
    pens[from].read(text, {
      text: write,
      newLine: endLine,
      carriageReturn: () => {
        isReturned = true
      },
    })
  }

  return {
    push(from, text) {
      waiting.push({ stream: from, text: text.slice(-mostWaiting) })
      waitingLength += Math.min(text.length, mostWaiting)
      while (waitingLength > mostWaiting && waiting.length > 1) {
        waitingLength -= waiting.shift()?.text.length ?? 0
        isCut = true
      }
    },
    state() {
      for (const piece of waiting) take(piece.stream, piece.text)
      waiting = []
      waitingLength = 0
      const last = length > 0 ? [...open, { stream, runs }] : [...open]
      return { blocks: last.length === 0 ? [...blocks] : [...blocks, { id: nextId, lines: last }], isCut }
    },
  }
}

/** The text of a log, without its looks. */
export function textOfLog({ blocks }: LogState): string {
  const lines = blocks.flatMap((block) => block.lines)
  return lines.map(({ runs }) => runs.map(({ text }) => text).join('')).join('\n')
}

interface PenWriter {
  text(text: string, look: string): void
  newLine(): void
  carriageReturn(): void
}

/** Reads what a program wrote for a terminal. It keeps the look, and a sequence that is not whole yet. */
function createPen() {
  const control = /\p{Cc}/gu
  let kept = ''
  let look = createLook()
  return {
    read(piece: string, to: PenWriter): void {
      const text = kept + piece
      kept = ''
      let at = 0
      while (at < text.length) {
        control.lastIndex = at
        const next = control.exec(text)?.index ?? text.length
        if (next > at) to.text(text.slice(at, next), look.name())
        if (next === text.length) return
        const letter = text[next]
        at = next + 1
        if (letter === '\n') to.newLine()
        else if (letter === '\t') to.text('\t', look.name())
        else if (letter === '\r' && text[at] !== '\n') to.carriageReturn()
        else if (letter === esc) {
          const sequence = readSequence(text, at)
          if (sequence === null) {
            // A sequence that never ends is no sequence.
            kept = text.length - next <= mostOfSequence ? text.slice(next) : ''
            if (kept !== '') return
          } else {
            if (sequence.colours !== null) look = look.with(sequence.colours)
            at = sequence.end
          }
        }
      }
    },
  }
}

const esc = String.fromCharCode(27)
const bell = String.fromCharCode(7)
const ending = new RegExp(`[${esc}${bell}]`, 'g')

/** What follows an escape; null where it is not whole yet. `colours`: the numbers of one that chooses a look. */
function readSequence(text: string, at: number): { end: number; colours: readonly number[] | null } | null {
  const kind = text[at]
  if (kind === undefined) return null
  if (kind === '[') {
    const sequence = /\[([0-?]*)[ -/]*([@-~])/y
    sequence.lastIndex = at
    const found = sequence.exec(text)
    if (found === null) return /^\[[0-?]*[ -/]*$/.test(text.slice(at, at + mostOfSequence)) ? null : skip(at + 1)
    const [whole, numbers = '', last] = found
    return { end: at + whole.length, colours: last === 'm' ? numbers.split(/[;:]/).map(Number) : null }
  }
  if (kind !== ']') return skip(at + (/[()#%]/.test(kind) ? 2 : 1))
  return readTitle(text, at)
}

/** A title or a link, to a bell or `ESC \\`. Any other escape ends it too, so that nothing is read twice. */
function readTitle(text: string, at: number): ReturnType<typeof skip> | null {
  ending.lastIndex = at
  const end = ending.exec(text)?.index
  if (end === undefined || (text[end] === esc && end + 1 === text.length)) return null
  if (text[end] === bell) return skip(end + 1)
  return skip(text[end + 1] === '\\' ? end + 2 : end)
}

function skip(end: number): { end: number; colours: null } {
  return { end, colours: null }
}

interface Look {
  name(): string
  with(numbers: readonly number[]): Look
}

interface LookParts {
  /** 0 to 15 */
  readonly colour: number | null
  readonly isBold: boolean
  readonly isDim: boolean
  readonly isUnderlined: boolean
}

const usual: LookParts = { colour: null, isBold: false, isDim: false, isUnderlined: false }

/** A look by the numbers that terminals know; the sixteen colours, and of the many others none. */
function createLook(parts: LookParts = usual): Look {
  const { colour, isBold, isDim, isUnderlined } = parts
  const names = [
    colour === null ? '' : `ansi-${colour}`,
    isBold ? 'ansi-bold' : '',
    isDim ? 'ansi-dim' : '',
    isUnderlined ? 'ansi-underlined' : '',
  ]
  const name = names.filter((one) => one !== '').join(' ')
  return { name: () => name, with: (numbers) => createLook(withNumbers(parts, numbers)) }
}

function withNumbers(before: LookParts, numbers: readonly number[]): LookParts {
  let parts = before
  for (let at = 0; at < numbers.length; at++) {
    const number = numbers[at] ?? 0
    if (number === 0) parts = usual
    else if (number === 1) parts = { ...parts, isBold: true }
    else if (number === 2) parts = { ...parts, isDim: true }
    else if (number === 4) parts = { ...parts, isUnderlined: true }
    else if (number === 22) parts = { ...parts, isBold: false, isDim: false }
    else if (number === 24) parts = { ...parts, isUnderlined: false }
    else if (number >= 30 && number <= 37) parts = { ...parts, colour: number - 30 }
    else if (number >= 90 && number <= 97) parts = { ...parts, colour: number - 82 }
    else if (number === 39) parts = { ...parts, colour: null }
    else if (number === 38 || number === 48) {
      const isOfTable = numbers[at + 1] === 5
      const chosen = numbers[at + 2] ?? 16
      if (number === 38) parts = { ...parts, colour: isOfTable && chosen < 16 ? chosen : null }
      at += isOfTable ? 2 : 4
    }
  }
  return parts
}
