import { useQueryClient } from '@tanstack/react-query'
import { Check, KeyRound, LoaderCircle } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { Card } from '../design/cards.tsx'
import { Note } from '../design/notes.tsx'
import { keysKey } from '../keys/keys.ts'
import { useMay } from '../platform/permissions.ts'
import { type Platform, usePlatform } from '../platform/platform.tsx'

const keyDays = 30
const dayMs = 86_400_000

/** Makes a key for the first steps; the children show how it is used. */
export function MakeKey({
  isMade,
  onMade,
  children,
}: {
  isMade: boolean
  onMade: (key: string) => void
  children: ReactNode
}): ReactNode {
  const { daytona, organization } = usePlatform()
  const queries = useQueryClient()
  const may = useMay()
  const [isBusy, setBusy] = useState(false)
  const [wrong, setWrong] = useState<string | null>(null)

  async function make(): Promise<void> {
    setBusy(true)
    setWrong(null)
    try {
      onMade(await makeKey(daytona, may('delete:sandboxes')))
      await queries.invalidateQueries({ queryKey: keysKey(organization.id) })
    } catch (error) {
      setWrong(error instanceof Error ? error.message : String(error))
    }
    setBusy(false)
  }

  return (
    <Card
      title="1. A key"
      description={
        isMade
          ? `Copy the two lines into your terminal now: the key is shown this once. It is good for ${keyDays} days.`
          : 'Your programs show it to the platform. It may make, use and delete sandboxes, and nothing else.'
      }
      actions={
        isMade ? (
          <span className="is-done">
            <Check aria-hidden /> made
          </span>
        ) : (
          may('manage:api_keys') && (
            <button type="button" className="button" data-kind="primary" disabled={isBusy} onClick={() => void make()}>
              {isBusy ? <LoaderCircle className="spin" aria-hidden /> : <KeyRound aria-hidden />} Create a key
            </button>
          )
        )
      }
    >
      {wrong !== null && <Note kind="bad">{wrong}</Note>}
      {!may('manage:api_keys') && (
        <Note>
          To make one you need the right <code>manage:api_keys</code>. You can make a sandbox below without a key.
        </Note>
      )}
      {children}
      {isMade && (
        <p className="quiet small">
          Lost it, or shown it to somebody? Take it away and make another under <Link href="/keys">API keys</Link>.
        </p>
      )}
    </Card>
  )
}

/** A key under the first name that is free. */
async function makeKey(daytona: Platform['daytona'], mayDelete: boolean): Promise<string> {
  const taken = new Set((await daytona.client.call('listApiKeys')).map(({ name }) => name))
  let name = 'first-steps'
  for (let at = 2; taken.has(name); at += 1) name = `first-steps-${at}`
  const { value } = await daytona.client.call('createApiKey', {
    body: {
      name,
      permissions: mayDelete ? ['write:sandboxes', 'delete:sandboxes'] : ['write:sandboxes'],
      expiresAt: new Date(Date.now() + keyDays * dayMs).toISOString(),
    },
  })
  return value
}
