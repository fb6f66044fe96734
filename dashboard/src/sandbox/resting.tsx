import { Hammer, LifeBuoy, LoaderCircle, Moon, Play, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { canDo, useAct, useRights } from '../sandboxes/actions.ts'
import { BuildLog, isBuilding } from '../sandboxes/build-log.tsx'
import type { SandboxDetail } from '../sandboxes/live.ts'
import { stateWord, toneOf } from '../sandboxes/states.tsx'

/** What a tab shows that is about running programs, while there are none. */
export function Resting({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const act = useAct()
  const { canWrite } = useRights()
  const { state, errorReason } = sandbox
  if (isBuilding(sandbox) || state === 'build_failed') return <Built sandbox={sandbox} />
  const tone = toneOf(state)
  const Icon = tone === 'bad' ? TriangleAlert : tone === 'busy' ? LoaderCircle : Moon
  return (
    <div className="empty">
      <Icon aria-hidden className={tone === 'busy' ? 'spin' : undefined} />
      <h2>{state === 'error' ? 'The sandbox has failed' : `The sandbox is ${stateWord(state)}`}</h2>
      <p>{tone === 'busy' ? 'This page goes on by itself when it is started.' : (errorReason ?? restWords(state))}</p>
      {canWrite && canDo('start', sandbox) && (
        <button type="button" className="button" data-kind="primary" onClick={() => void act('start', [sandbox])}>
          <Play aria-hidden /> {state === 'paused' ? 'Resume' : 'Start'}
        </button>
      )}
      {canWrite && canDo('recover', sandbox) && (
        <button type="button" className="button" data-kind="primary" onClick={() => void act('recover', [sandbox])}>
          <LifeBuoy aria-hidden /> Recover
        </button>
      )}
    </div>
  )
}

function restWords(state: SandboxDetail['state']): string {
  switch (state) {
    case 'paused':
      return 'Its programs are frozen, and go on where they were.'
    case 'archived':
      return 'Its disk is packed away; the start unpacks it, and files are as they were.'
    default:
      return 'Its programs ended when it stopped. Files are as they were.'
  }
}

function Built({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  return (
    <div className="built">
      <h2>
        <Hammer aria-hidden />{' '}
        {sandbox.state === 'build_failed' ? 'Its image could not be built' : 'Its image is being built'}
      </h2>
      <BuildLog sandbox={sandbox} />
    </div>
  )
}
