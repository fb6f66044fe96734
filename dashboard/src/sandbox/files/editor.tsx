import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { bracketMatching, indentOnInput, LanguageDescription, syntaxHighlighting } from '@codemirror/language'
import { languages } from '@codemirror/language-data'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { type ReactNode, useEffect, useRef } from 'react'
import { codeColours, codeTheme } from './editor-theme.ts'
import { nameOf, shownName } from './paths.ts'
import type { Content } from './read-file.ts'
import { changeFile, type OpenFile, type Workspace } from './workspace.ts'

const language = new Compartment()

type TextContent = Extract<Content, { kind: 'text' }>

/** The editor of one file. What it holds stays in the workspace when it goes from the page. */
export function Editor({
  workspace,
  file: { id, path, goTo, reading },
  content,
}: {
  workspace: Workspace
  file: OpenFile
  content: TextContent
}): ReactNode {
  const place = useRef<HTMLDivElement>(null)
  const editor = useRef<EditorView | null>(null)
  const name = nameOf(path)

  // biome-ignore lint/correctness/useExhaustiveDependencies: text that is read anew is a new editor
  useEffect(() => {
    if (place.current === null) return
    const draft = workspace.drafts.get(id)
    const begun = draft?.reading === reading ? draft : null
    const noteChange = EditorView.updateListener.of(({ docChanged, state }) => {
      if (docChanged) changeFile(workspace, id, { isDirty: workspace.saved.get(id)?.eq(state.doc) === false })
    })
    const state = begun?.state ?? makeState(content, name, [language.of([]), noteChange])
    if (begun === null) workspace.saved.set(id, state.doc)
    const view = new EditorView({ state, parent: place.current })
    view.scrollDOM.scrollTop = begun?.scrollTop ?? 0
    editor.current = view
    const read = () => ({ reading, state: view.state, scrollTop: view.scrollDOM.scrollTop })
    const current = { id, read }
    workspace.current = current
    return () => {
      if (workspace.view.get().open.some((one) => one.id === id)) workspace.drafts.set(id, read())
      if (workspace.current === current) workspace.current = null
      editor.current = null
      view.destroy()
    }
  }, [workspace, id, reading])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new editor needs its language too
  useEffect(() => {
    let isLate = false
    const found = LanguageDescription.matchFilename(languages, name)
    found?.load().then(
      (support) => {
        if (!isLate) editor.current?.dispatch({ effects: language.reconfigure(support) })
      },
      () => {}, // Without its colours a file is as good.
    )
    return () => {
      isLate = true
    }
  }, [name, id, reading])

  // biome-ignore lint/correctness/useExhaustiveDependencies: a wish is fulfilled once, in the editor of then
  useEffect(() => {
    const view = editor.current
    if (view === null) return
    if (goTo !== null) {
      const { from } = view.state.doc.line(Math.max(1, Math.min(goTo.line, view.state.doc.lines)))
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) })
    }
    view.focus()
  }, [goTo, id, reading])

  return <div className="editor" ref={place} />
}

/** Made once for a file; what changes with the page is in `more`. */
function makeState({ text, lineBreak }: TextContent, name: string, more: Extension): EditorState {
  return EditorState.create({
    doc: text,
    extensions: [
      // Without it all kinds of line ends become one, and the file is another when it is saved.
      EditorState.lineSeparator.of(lineBreak),
      EditorView.clipboardInputFilter.of((pasted) => pasted.replaceAll(/\r\n?|\n/g, lineBreak)),
      EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': `Text of ${shownName(name)}` }),
      lineNumbers(),
      highlightActiveLineGutter(),
      highlightActiveLine(),
      highlightSpecialChars(),
      highlightSelectionMatches(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      search({ top: true }),
      keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap, indentWithTab]),
      syntaxHighlighting(codeColours),
      codeTheme,
      more,
    ],
  })
}
