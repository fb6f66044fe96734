import { FlaskConical, ListPlus, Play } from 'lucide-react'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Code, CodeChoice } from '../design/code.tsx'
import { Page } from '../design/page.tsx'
import { apiUrl } from '../platform/organizations.ts'
import { type SandboxDetail, useSandboxes } from '../sandboxes/live.ts'
import type { Addresses, Call, Values } from './call.ts'
import { CallForm, initialValues } from './call-form.tsx'
import { callGroups } from './calls.ts'
import { environment, languages, program, type Step } from './programs.ts'
import './playground.css'
import { RunView } from './run-view.tsx'
import { SandboxChoice } from './sandbox-choice.tsx'
import { ScriptView } from './script-view.tsx'
import { useRuns } from './use-runs.ts'

const calls = callGroups.flatMap((group) => group.calls)
const firstCall = calls.find(({ name }) => name === 'process.executeCommand') ?? calls[0]

/** Each call of the library, to be tried on a real sandbox, with the code that does the same elsewhere. */
export function PlaygroundPage(): ReactNode {
  const [sandboxId, setSandboxId] = useState<string>()
  const [call, setCall] = useState(firstCall)
  const [typed, setTyped] = useState<Readonly<Record<string, Values>>>({})
  const [script, setScript] = useState<readonly Step[]>([])
  const { runs, isRunning, start } = useRuns()
  const sandbox = useChosen(sandboxId)
  if (call === undefined) return null
  const step: Step = { call, values: typed[call.name] ?? initialValues(call) }
  const isOff = sandbox === undefined || isRunning

  function run(event: FormEvent): void {
    event.preventDefault()
    if (sandbox !== undefined) void start(sandbox.id, [step])
  }

  return (
    <Page title="Playground" actions={<SandboxChoice id={sandbox?.id} onChange={setSandboxId} />}>
      <div className="playground">
        <CallList chosen={call} onChoose={setCall} />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
        <section className="play" tabIndex={0} aria-label="Call">
          <form className="play-form" onSubmit={run}>
            <h2>{call.title}</h2>
            <CallForm
              call={call}
              values={step.values}
              onChange={(values) => setTyped({ ...typed, [call.name]: values })}
            />
            <div className="play-actions">
              <button type="submit" className="button" data-kind="primary" disabled={isOff}>
                <Play aria-hidden /> Run
              </button>
              <button type="button" className="button" onClick={() => setScript([...script, step])}>
                <ListPlus aria-hidden /> Add to a script
              </button>
            </div>
          </form>
          {script.length > 0 && (
            <ScriptView
              steps={script}
              isOff={isOff}
              onRun={() => sandbox !== undefined && void start(sandbox.id, script)}
              onRemove={(at) => setScript(script.toSpliced(at, 1))}
              onClear={() => setScript([])}
            />
          )}
          {runs.length === 0 ? (
            <div className="empty play-none">
              <FlaskConical aria-hidden />
              <p>{sandbox === undefined ? 'Choose a sandbox, or make one.' : 'What a call answers comes here.'}</p>
            </div>
          ) : (
            <ul className="runs">
              {runs.map((one) => (
                <RunView key={one.id} run={one} />
              ))}
            </ul>
          )}
        </section>
        <Programs steps={script.length > 0 ? script : [step]} sandbox={sandbox} isScript={script.length > 0} />
      </div>
    </Page>
  )
}

/** The chosen sandbox while it runs; the only one that runs is chosen by itself. */
function useChosen(id: string | undefined): Pick<SandboxDetail, 'id' | 'toolboxProxyUrl'> | undefined {
  const running = (useSandboxes().data ?? []).filter(({ state }) => state === 'started')
  if (id !== undefined) return running.find((sandbox) => sandbox.id === id)
  return running.length === 1 ? running[0] : undefined
}

function CallList({ chosen, onChoose }: { chosen: Call; onChoose: (call: Call) => void }): ReactNode {
  return (
    <nav className="call-list" aria-label="Calls">
      <select
        className="input"
        aria-label="Call"
        value={chosen.name}
        onChange={({ target }) => onChoose(calls.find(({ name }) => name === target.value) ?? chosen)}
      >
        {callGroups.map((group) => (
          <optgroup key={group.name} label={group.name}>
            {group.calls.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <div className="call-groups">
        {callGroups.map((group) => (
          <section key={group.name}>
            <h2>{group.name}</h2>
            {group.calls.map((call) => (
              <button
                key={call.name}
                type="button"
                aria-current={call === chosen ? 'true' : undefined}
                onClick={() => onChoose(call)}
              >
                {call.title}
              </button>
            ))}
          </section>
        ))}
      </div>
    </nav>
  )
}

function Programs({
  steps,
  sandbox,
  isScript,
}: {
  steps: readonly Step[]
  sandbox: Pick<SandboxDetail, 'id' | 'toolboxProxyUrl'> | undefined
  isScript: boolean
}): ReactNode {
  const sandboxId = sandbox?.id ?? 'ID-OF-A-SANDBOX'
  const toolbox = `${sandbox?.toolboxProxyUrl ?? `${location.origin}/toolbox`}/${sandboxId}`
  const at: Addresses = { api: apiUrl, toolbox, sandboxId }
  const samples = languages.flatMap((name) => {
    const text = program(name, steps, at)
    return text === null ? [] : [{ name, text }]
  })
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section className="programs" tabIndex={0} aria-label="Code">
      <CodeChoice label={isScript ? 'The script' : 'The call'} samples={samples} />
      <h2>Before it runs</h2>
      <Code label="The environment" text={environment(at.api)} />
      {samples.length < languages.length && (
        <p className="quiet small">It goes over a WebSocket, which curl does not speak.</p>
      )}
    </section>
  )
}
