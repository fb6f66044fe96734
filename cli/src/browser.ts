import { showWith } from './run-program.ts'

/** Shows a URL in a browser, if this machine has one to show; false when it has not. */
export async function showInBrowser(url: string, env: Readonly<Record<string, string | undefined>>): Promise<boolean> {
  const own = env.BROWSER?.split(':')[0]
  if (own !== undefined && own !== '' && !own.includes('%')) return await showWith(own, [url])
  if (process.platform === 'darwin') return await showWith('open', [url])
  const hasScreen = (env.DISPLAY ?? '') !== '' || (env.WAYLAND_DISPLAY ?? '') !== ''
  return hasScreen && (await showWith('xdg-open', [url]))
}
