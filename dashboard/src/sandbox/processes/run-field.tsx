import { CornerDownLeft } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react'
import { useKept } from '../../design/use-kept.ts'

const mostRemembered = 100
const nothing: readonly string[] = []

/**
 * A field to write a command into. Enter runs it, Shift and Enter begin another line; the arrows bring back what was run
 * before in the same `place`.
 */
export function RunField({
  label,
  place,
  sign = '$',
  verb = 'Run',
  isBusy = false,
  onRun,
}: {
  label: string
  place: string
  sign?: string
  verb?: string
  isBusy?: boolean
  onRun: (text: string) => void
}): ReactNode {
  const [text, setText] = useState('')
  /** the newest last */
  const [history, setHistory] = useKept(['history', place], nothing)
  /** how far back, 0 is what is being written */
  const back = useRef(0)
  const draft = useRef('')

  function run(): void {
    if (text.trim() === '' || isBusy) return
    setHistory((all) => [...all.filter((one) => one !== text), text].slice(-mostRemembered))
    back.current = 0
    setText('')
    onRun(text)
  }

  function recall(steps: number): boolean {
    const next = back.current + steps
    if (next < 0 || next > history.length) return false
    if (back.current === 0) draft.current = text
    back.current = next
    setText(next === 0 ? draft.current : (history.at(-next) ?? ''))
    return true
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    if (event.nativeEvent.isComposing) return
    const { selectionStart, selectionEnd, value } = event.currentTarget
    const isPlain = selectionStart === selectionEnd && !event.shiftKey
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      run()
    } else if (event.key === 'ArrowUp' && isPlain && !value.slice(0, selectionStart).includes('\n')) {
      if (recall(1)) event.preventDefault()
    } else if (event.key === 'ArrowDown' && isPlain && !value.slice(selectionEnd).includes('\n')) {
      if (recall(-1)) event.preventDefault()
    } else if (event.key === 'Escape') event.currentTarget.blur()
  }

  return (
    <div className="run-field">
      <span aria-hidden>{sign}</span>
      <textarea
        rows={1}
        aria-label={label}
        placeholder={label}
        value={text}
        spellCheck={false}
        autoCapitalize="none"
        onChange={(event) => {
          back.current = 0
          setText(event.target.value)
        }}
        onKeyDown={onKeyDown}
      />
      <button type="button" className="button" disabled={isBusy || text.trim() === ''} onClick={run}>
        <CornerDownLeft aria-hidden /> {verb}
      </button>
    </div>
  )
}
