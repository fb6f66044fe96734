import { PlatformError } from '@sandyard/protocol'

/** Throws FORBIDDEN unless we are root: namespaces, mounts and the firewall need it. */
export function requireRoot(command: string): void {
  if (process.getuid?.() === 0) return
  throw new PlatformError(
    'FORBIDDEN',
    `needs root to make namespaces, mounts and firewall rules: sudo npm run sandyard -- ${command}`,
  )
}
