"""Tries to reach addresses and prints {target: outcome}.

Targets: tcp:HOST:PORT and udp:HOST:PORT (IPv6 with its zone in brackets). Outcomes: open, or the errno's name, or
silence. All are tried at a time.
"""
import concurrent.futures
import errno
import json
import re
import socket
import sys


def reach(target):
    kind, host, port = re.fullmatch(r'(tcp|udp):\[?(.*?)\]?:(\d+)', target).groups()
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    attempt = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
    attempt.settimeout(3)
    try:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        attempt.connect(socket.getaddrinfo(host, int(port), family, attempt.type)[0][4])
        if kind == 'udp':
            attempt.send(b'a packet that should not arrive')
            attempt.recv(100)
        return 'open'
    except TimeoutError:
        return 'silence'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


with concurrent.futures.ThreadPoolExecutor(64) as pool:
    print(json.dumps(dict(zip(sys.argv[1:], pool.map(reach, sys.argv[1:])))))
