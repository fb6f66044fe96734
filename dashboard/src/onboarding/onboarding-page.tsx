import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import { Code } from '../design/code.tsx'
import { Page } from '../design/page.tsx'
import { Segments } from '../design/segments.tsx'
import { NeedsRight } from '../platform/needs-right.tsx'
import { apiUrl } from '../platform/organizations.ts'
import { useMay } from '../platform/permissions.ts'
import { FirstSandbox } from './first-sandbox.tsx'
import { MakeKey } from './make-key.tsx'
import './onboarding.css'
import { environmentOf, type Way, ways } from './ways.ts'

const wayKey = 'sandyard.way'

/** From nothing to a sandbox of one's own, by a program of one's own or by a button. */
export function OnboardingPage(): ReactNode {
  const may = useMay()
  const [key, setKey] = useState<string | null>(null)
  const [way, choose] = useWay()
  if (!may('write:sandboxes')) {
    return (
      <Page title="First steps">
        <NeedsRight what="Making sandboxes" right="write:sandboxes" />
      </Page>
    )
  }
  return (
    <Page title="First steps">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section className="cards first-steps" tabIndex={0} aria-label="First steps">
        <div>
          <p className="quiet">
            A sandbox is a computer of its own, ready in a moment: code that you do not trust runs there, and not on
            your machine. Three steps, and you have one.
          </p>
          <MakeKey isMade={key !== null} onMade={setKey}>
            <Code label="The setting of your terminal" text={environmentOf(apiUrl, key ?? '…')} />
          </MakeKey>
          <Program way={way} onChoose={choose} />
          <FirstSandbox />
          <p className="quiet">
            Then: <Link href="/playground">try every call</Link>, <Link href="/snapshots">make a snapshot</Link> to
            begin with what you need, or <Link href="/members">invite others</Link>.
          </p>
        </div>
      </section>
    </Page>
  )
}

function Program({ way, onChoose }: { way: Way; onChoose: (id: Way['id']) => void }): ReactNode {
  return (
    <Card title="2. Your first program" description="In the same terminal. How do you want to work?">
      <Segments
        label="How you work"
        options={ways.map(({ id, name }) => ({ value: id, name }))}
        value={way.id}
        onChange={onChoose}
      />
      <ol className="ways">
        {way.steps.map(({ label, what, text }) => (
          <li key={label}>
            <span>{label}</span>
            <Code label={what} text={text} />
          </li>
        ))}
      </ol>
    </Card>
  )
}

/** The way that was chosen last in this browser. */
function useWay(): [Way, (id: Way['id']) => void] {
  const [id, setId] = useState(() => localStorage.getItem(wayKey))
  const way = ways.find((one) => one.id === id) ?? ways[0]
  if (way === undefined) throw new Error('There is no way to work')
  return [
    way,
    (chosen) => {
      localStorage.setItem(wayKey, chosen)
      setId(chosen)
    },
  ]
}
