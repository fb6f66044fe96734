import { BlockList } from 'node:net'

/** IPv4 CIDRs as a list that can be asked. */
export function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', bits = '32'] = range.split('/')
    list.addSubnet(net, Number(bits), 'ipv4')
  }
  return list
}
