/**
 * IPv4 ranges that nothing of users is to reach by itself, no sandbox and no webhook: this host's, private and shared
 * ones, link-local with the clouds' metadata address, loopback, benchmarking (where sandboxes are), multicast, reserved.
 */
export const closedRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/4',
  '240.0.0.0/4',
]
