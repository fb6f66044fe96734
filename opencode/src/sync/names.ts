/** Branch of a session on the user's machine. */
export function branchOf(number: number): string {
  return `opencode/${number}`
}

/** What of the session's main line was brought last. Nobody looks at it but us, and it keeps the commits alive. */
export function haveRef(number: number, line: string = 'head'): string {
  return `refs/sandyard/have/${number}/${line}`
}

/** Where commits land before they are put onto branches. */
export function landingRefs(number: number): string {
  return `refs/sandyard/landing/${number}`
}

/** What is offered inside a sandbox, and where that arrives in between. */
export const offeredRefs = 'refs/sandyard/out'
export const arrivedRefs = 'refs/sandyard/in'

/** Number of a session's branch; null for another text. */
export function numberOf(branch: string): number | null {
  const number = Number(/^opencode\/(\d{1,9})$/.exec(branch)?.[1] ?? '0')
  return number > 0 ? number : null
}

/** A branch's name inside a sandbox as part of one here: what a terminal or a shell could take amiss is replaced. */
export function plainName(branch: string): string {
  const plain = branch
    .replaceAll(/[^\w./-]/g, '-')
    .split('/')
    .map((part) =>
      part
        .replaceAll(/\.{2,}/g, '.')
        .replace(/^[.-]+/, '')
        .replace(/(\.lock|\.)+$/, ''),
    )
    .filter((part) => part !== '')
    .join('/')
    .slice(0, 100)
    .replace(/[./]+$/, '')
  return plain === '' ? 'unnamed' : plain
}
