export type OutputForm = 'table' | 'json' | 'yaml' | 'name'

/** One column of a table. */
export interface Column<Row> {
  readonly title: string
  readonly text: (row: Row) => string
  /** numbers stand at the right */
  readonly isNumber?: boolean
}

/** How things are shown as a table, as one word for scripts, and whole for programs. */
export interface Shown<Row> {
  readonly columns: readonly Column<Row>[]
  /** what `-o name` prints of it */
  readonly name: (row: Row) => string
  /** what `-o json` and `-o yaml` print of it; default is the row itself */
  readonly whole?: (row: Row) => unknown
}

/** Where a command writes: results to standard output, all else to standard error. */
export interface Screen {
  readonly form: OutputForm
  /** whether a person sees the output */
  readonly isTerminal: boolean
  readonly columns: number
  /** Many things, in the form that was asked for; `none` is said on standard error when there are none. */
  list<Row>(rows: readonly Row[], shown: Shown<Row>, none: string): void
  /** One thing: as a table its columns, a line each. */
  one<Row>(row: Row, shown: Shown<Row>): void
  /** What a command did: `sentence` for people; programs get `value`. */
  tell(sentence: string, value: unknown, name?: string): void
  /** What a command did to each of many things: a line each for people; programs get one array. */
  tellEach(done: readonly Done[]): void
  /** Bytes or text as they are. */
  write(chunk: string | Uint8Array): Promise<void>
  /** A line on standard error. */
  note(line: string): void
  /** Shows on standard error what is done now, until the returned function is called, with the sentence it ended with. */
  progress(doing: string): Progress
}

/** What was done to one of many things. */
export interface Done {
  readonly name: string
  readonly sentence: string
  readonly value: unknown
}

export interface Progress {
  readonly change: (doing: string) => void
  /** takes it away, and leaves a line when it is given one */
  readonly end: (line?: string) => void
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const redrawMs = 100

/** A screen on two streams. */
export function openScreen(options: {
  readonly out: NodeJS.WriteStream
  readonly err: NodeJS.WriteStream
  readonly form: OutputForm
  readonly colour: boolean
  readonly quiet: boolean
  /** values as YAML, which only who asks for it has to load */
  readonly yaml?: ((value: unknown) => string) | undefined
}): Screen {
  const { out, err, form, colour, quiet, yaml } = options
  const line = (text: string): void => void out.write(`${text}\n`)
  const whole = (value: unknown): void =>
    line(escaped(form === 'yaml' && yaml !== undefined ? yaml(value).trimEnd() : JSON.stringify(value, null, 2), form))
  const columns = out.columns ?? 80
  let undraw = (): void => {}
  return {
    form,
    isTerminal: out.isTTY === true,
    columns,
    list(rows, shown, none) {
      if (form === 'name') for (const row of rows) line(clean(shown.name(row)))
      else if (form !== 'table') whole(rows.map((row) => shown.whole?.(row) ?? row))
      else if (rows.length === 0) err.write(`${none}\n`)
      else {
        const text = table(rows, shown.columns, out.isTTY === true ? columns : undefined)
        line(colour ? text.replace(/^.*/, '\x1b[1m$&\x1b[0m') : text)
      }
    },
    one(row, shown) {
      if (form === 'name') line(clean(shown.name(row)))
      else if (form !== 'table') whole(shown.whole?.(row) ?? row)
      else {
        const width = Math.max(...shown.columns.map(({ title }) => title.length))
        for (const { title, text } of shown.columns) line(`${title.padEnd(width)}  ${clean(text(row))}`)
      }
    },
    tell(sentence, value, name) {
      if (form === 'name') line(cleanLines(name ?? sentence))
      else if (form === 'table') line(clean(sentence))
      else whole(value)
    },
    tellEach(done) {
      if (form === 'name') for (const { name } of done) line(clean(name))
      else if (form === 'table') for (const { sentence } of done) line(clean(sentence))
      else whole(done.map(({ value }) => value))
    },
    write: (chunk) =>
      new Promise((resolve, reject) => {
        out.write(chunk, (error) => (error ? reject(error) : resolve()))
      }),
    note(text) {
      undraw()
      err.write(`${cleanLines(text)}\n`)
    },
    progress(doing) {
      const startedMs = Date.now()
      let current = clean(doing)
      let frame = 0
      const isDrawn = err.isTTY === true && !quiet
      undraw = () => {
        if (isDrawn) err.write('\r\x1b[K')
      }
      const draw = (): void => {
        const time = Math.floor((Date.now() - startedMs) / 1000)
        frame += 1
        const text = `${spinner[frame % spinner.length]} ${current}${time > 1 ? ` ${time} s` : ''}`
        err.write(`\r${text.slice(0, (err.columns ?? 80) - 1)}\x1b[K`)
      }
      const timer = isDrawn ? setInterval(draw, redrawMs) : undefined
      if (!isDrawn && !quiet) err.write(`${current}\n`)
      return {
        change(doing) {
          const next = clean(doing)
          if (next !== current && !isDrawn && !quiet) err.write(`${next}\n`)
          current = next
        },
        end(text) {
          clearInterval(timer)
          undraw()
          undraw = () => {}
          if (text !== undefined && !quiet) err.write(`${cleanLines(text)}\n`)
        },
      }
    },
  }
}

/** What users and sandboxes have written must not move the cursor, colour the rest, or turn it round. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
}

/** The same of a text that may have several lines. */
export function cleanLines(text: string): string {
  return text.replaceAll('\t', '  ').split('\n').map(clean).join('\n')
}

/**
 * JSON and YAML escape what moves the cursor, but for a few letters that some terminals obey as well. Both have those in
 * quotes only, and the same way to escape them; what turns a line round YAML has without quotes, too.
 */
function escaped(text: string, form: OutputForm): string {
  const hidden = form === 'json' ? /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g : /[\u007f-\u009f]/g
  return text.replace(hidden, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Lines of programs without colours and moves of the cursor; of a line that was written over, what stayed. */
export function plain(line: string): string {
  const bare = line.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
    /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g,
    '',
  )
  return clean((bare.replace(/\r+$/, '').split('\r').at(-1) ?? '').replaceAll('\t', '  '))
}

/** Columns as wide as their widest text, two spaces between; on a terminal the widest ones are cut until it fits. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], width?: number): string {
  const cells = rows.map((row) => columns.map(({ text }) => clean(text(row))))
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((texts) => texts[index]?.length ?? 0)),
  )
  if (width !== undefined) narrow(widths, columns, width)
  const draw = (texts: readonly string[]): string =>
    texts
      .map((text, index) => {
        const room = widths[index] ?? 0
        const fits = text.length > room ? `${text.slice(0, Math.max(0, room - 1))}…` : text
        return columns[index]?.isNumber === true ? fits.padStart(room) : fits.padEnd(room)
      })
      .join('  ')
      .trimEnd()
  return [draw(columns.map(({ title }) => title.toUpperCase())), ...cells.map(draw)].join('\n')
}

function narrow<Row>(widths: number[], columns: readonly Column<Row>[], width: number): void {
  const total = (): number => widths.reduce((sum, one) => sum + one, 0) + 2 * (widths.length - 1)
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths))
    const least = columns[widest]?.title.length ?? 0
    if ((widths[widest] ?? 0) <= Math.max(least, 8)) return
    widths[widest] = (widths[widest] ?? 0) - 1
  }
}
