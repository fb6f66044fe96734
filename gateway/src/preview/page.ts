import type { ErrorBody } from '@sandyard/protocol'
import { type Page, type PageContent, type PageLink, renderPage } from './layout.ts'

/** What is known of a failure besides its wire body. */
export interface FailureFacts {
  readonly error: ErrorBody
  /** wire state of the sandbox; absent: the caller may not know, or it is started */
  readonly state?: string
  /** it starts by itself now */
  readonly isComing?: boolean
  /** links to other ports that answer */
  readonly links: readonly PageLink[]
  /** the sandbox has been started a moment ago */
  readonly isNew: boolean
}

/** seconds after which a page of something that is under way loads itself anew */
const refreshS = 2

/** The page that tells a person why there is no preview, and what to do. */
export function failurePage(facts: FailureFacts): Page {
  const { error } = facts
  return renderPage({ ...contentOf(facts), note: `${error.statusCode} ${error.code}` })
}

function contentOf(facts: FailureFacts): Omit<PageContent, 'note'> {
  const { error } = facts
  if (facts.state !== undefined) return resting(facts)
  switch (error.code) {
    case 'BAD_GATEWAY':
      return silent(facts)
    case 'UNAUTHORIZED':
      return {
        title: 'This preview is private',
        lead: 'It opens with its preview token, or by a signed link.',
        advice: [
          'Whoever has shared it with you can make a signed link, or make the sandbox public.',
          'Programs send a key or the preview token along.',
        ],
      }
    case 'NOT_FOUND':
      return {
        title: 'There is no such preview',
        lead: 'The address is not complete, or what it led to is gone.',
        advice: ['Ask whoever gave it to you for a new link.'],
      }
    case 'GONE':
      return {
        title: 'This link has expired',
        lead: 'A signed link opens a preview for a limited time, and that is over.',
        advice: ['Ask whoever gave it to you for a new one.'],
      }
    case 'SERVICE_UNAVAILABLE':
      return { title: 'One moment', lead: error.message, refreshS }
    case 'REQUEST_GATEWAY_TIMEOUT':
      return {
        title: 'The sandbox does not answer',
        lead: error.message,
        advice: ['It may be very busy. Try again in a moment.'],
      }
    default:
      return { title: 'Something went wrong', lead: error.message }
  }
}

/** States with a word of their own; all others are a stop to whoever looks from outside. */
const titles: Readonly<Record<string, string>> = {
  paused: 'paused',
  archived: 'packed away',
  destroying: 'being deleted',
}

/** A sandbox that is not started. */
function resting({ error, state, isComing }: FailureFacts): Omit<PageContent, 'note'> {
  const lead = error.message
  if (isComing && state === 'started') {
    return {
      title: 'Waiting for the application',
      lead: 'The sandbox is up, and what serves in it is being started.',
      advice: ['This page goes on by itself.'],
      refreshS,
    }
  }
  if (isComing) {
    const isLong = state === 'archived' || state === 'archiving' || state === 'restoring'
    return {
      title: 'This sandbox is starting',
      lead: isLong
        ? 'It was packed away and is being brought back. That can take a minute.'
        : 'It was asleep and is being woken for you.',
      advice: ['This page goes on by itself.'],
      refreshS,
    }
  }
  if (/\bmemory\b/i.test(lead)) {
    return {
      title: 'This sandbox ran out of memory',
      lead,
      advice: [
        'Start it again to go on; its files are all there.',
        'Give it more memory while it is stopped, if it happens again.',
      ],
    }
  }
  if (state === 'error' || state === 'build_failed') {
    return { title: 'This sandbox has failed', lead, advice: ['Whoever owns it can try to recover it.'] }
  }
  const [, reason] = /^The sandbox is \w+: (.+)$/s.exec(lead) ?? []
  return {
    title: `This sandbox is ${titles[state ?? ''] ?? 'stopped'}`,
    lead: reason ?? (lead === `The sandbox is ${state}` ? 'It does not run now. Its files are all there.' : lead),
    advice: [
      'Whoever owns it can start it, with a client or by the API.',
      'If its automatic wake is set to true, opening this page starts it.',
    ],
  }
}

/** A started sandbox, and no answer from the port. */
function silent({ error, links, isNew }: FailureFacts): Omit<PageContent, 'note'> {
  const isClosed = error.message.startsWith('Nothing listens')
  if (isNew) {
    return {
      title: 'Waiting for the program',
      lead: `The sandbox has just been started. ${error.message} yet.`,
      advice: ['This page goes on by itself once it does.', 'Programs that nothing starts must be started by hand.'],
      links: { label: 'These ports answer:', items: links },
      refreshS,
    }
  }
  return {
    title: isClosed ? 'Nothing answers on this port' : 'The program gave no answer',
    lead: error.message,
    advice: isClosed
      ? ['Start the program in the sandbox, or look which port it has chosen.']
      : ['Something listens there, but it does not speak HTTP, or it broke while it answered.'],
    links: { label: 'These ports answer:', items: links },
  }
}
