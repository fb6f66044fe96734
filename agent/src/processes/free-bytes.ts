/**
 * Gives the memory of bytes back at once; nobody may look at them any more. The collector would come for them late, and
 * whatever the agent holds is copied page by page whenever it starts a program. Bytes that share memory are left alone.
 */
export function freeBytes(bytes: Buffer): void {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) bytes.buffer.transfer(0)
}
