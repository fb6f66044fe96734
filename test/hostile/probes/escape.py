"""Every way to a forbidden machine that a program inside can think of: `escape.py` with JSON of addresses on its command line.

Prints JSON {way: outcome}; `open`, `answered` and `sent` are ways that led somewhere.
"""
import concurrent.futures
import json
import os
import socket
import struct
import sys

to = json.loads(sys.argv[1])
forbidden, allowed, gateway, neighbour = (to[key] for key in ('forbidden', 'allowed', 'gateway', 'neighbour'))
patience = 1.5


def query(name, kind=1):
    labels = b''.join(bytes([len(part)]) + part.encode() for part in name.split('.'))
    return struct.pack('!6H', os.getpid() & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + b'\0' + struct.pack('!2H', kind, 1)


def tcp(host, port, option=None):
    with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET) as s:
        s.settimeout(patience)
        if option is not None:
            s.setsockopt(*option)
        s.connect((host, port))
        return 'open'


def udp(host, port, message=b'out', option=None, source=None):
    with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(patience)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if option is not None:
            s.setsockopt(*option)
        if source is not None:
            s.bind((source, 0))
        s.sendto(message, (host, port))
        s.connect((host, port))
        return f'answered {len(s.recv(65535))}'


def ask(name, kind=1):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(patience)
        s.connect((gateway, 53))
        s.send(query(name, kind))
        answer = s.recv(4096)
        code, count = answer[3] & 15, struct.unpack('!H', answer[6:8])[0]
        return f'answered {count}' if code == 0 and count > 0 else f'code {code}, {count} records'


def ping(host):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:
        s.settimeout(patience)
        s.sendto(struct.pack('!BBHHH', 8, 0, 0, 1, 1) + b'secret', (host, 0))
        return f'answered {len(s.recv(1000))}'


def raw(family, kind, protocol, packet=None):
    with socket.socket(family, kind, protocol) as s:
        if packet is not None:
            s.sendto(packet, (forbidden, 0))
        return 'sent'


def forged(source):
    head = struct.pack('!BBHHHBBH4s4s', 69, 0, 31, 1, 0, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(forbidden))
    return head + struct.pack('!4H', 4000, 5000, 11, 0) + b'raw'


def route(through):
    """Loose source routing: the packet goes to one machine, and asks it to send it on."""
    return (socket.IPPROTO_IP, 4, struct.pack('!4B4sB', 131, 7, 4, 0, socket.inet_aton(through), 0)[:8])


freebind = (socket.IPPROTO_IP, 15, 1)
in_pieces = (socket.IPPROTO_IP, 10, 0)  # no bit against fragments
long_label = 'a' * 60
ways = {
    **{f'tcp {port}': lambda port=port: tcp(forbidden, port) for port in (5000, 443, 853, 53)},
    'fast open': lambda: tcp(forbidden, 5000, (socket.IPPROTO_TCP, 30, 1)),
    **{f'udp {port}': lambda port=port: udp(forbidden, port) for port in (5000, 443, 123, 53)},
    'another resolver': lambda: udp(forbidden, 53, query('out.test')),
    'in pieces': lambda: udp(forbidden, 5000, b'x' * 6000, in_pieces),
    'ping': lambda: ping(forbidden),
    'mapped': lambda: tcp('::ffff:' + forbidden, 5000),
    'by a route': lambda: udp(allowed, 5000, option=route(forbidden)),
    'back by a route': lambda: udp(forbidden, 5000, option=route(allowed)),
    'ipv6': lambda: tcp('2001:db8::1', 5000),
    'ipv6 of ipv4': lambda: tcp('64:ff9b::' + forbidden, 5000),
    'as a neighbour': lambda: udp(forbidden, 5000, option=freebind, source=neighbour),
    'raw': lambda: raw(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW, forged(neighbour)),
    'raw udp': lambda: raw(socket.AF_INET, socket.SOCK_RAW, 17),
    'frames': lambda: raw(socket.AF_PACKET, socket.SOCK_RAW, 3),
    **{f'gateway {port}': lambda port=port: tcp(gateway, port) for port in (22, 80, 443, 3000, to['platform'])},
    'gateway udp': lambda: udp(gateway, 67),
    'gateway ping': lambda: ping(gateway),
    'neighbour': lambda: tcp(neighbour, 5000),
    'neighbour udp': lambda: udp(neighbour, 5000),
    'neighbour ping': lambda: ping(neighbour),
    'everybody': lambda: udp('255.255.255.255', 5000),
    'a group': lambda: udp('224.0.0.1', 5000),
    'name': lambda: ask('out.test'),
    **{f'tunnel {kind}': lambda kind=kind: ask(f'{long_label}.{long_label}.{kind}.out.test', kind) for kind in (1, 10, 16, 28)},
}


def attempt(way):
    try:
        return ways[way]()
    except OSError as error:
        return f'errno {error.errno}' if error.errno else 'silence'


with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps(dict(zip(ways, pool.map(attempt, ways)))))
