"""Takes as much of one thing as it gets, prints how many, and holds them: take.py THING SECONDS [MOST]."""
import ctypes
import os
import signal
import socket
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
thing, seconds = sys.argv[1], float(sys.argv[2])
most = int(sys.argv[3]) if len(sys.argv) > 3 else 10**6
held = []
signal_info = ctypes.create_string_buffer(struct.pack('iiiiii', 40, 0, -1, 0, os.getpid(), 0), 128)


def call(number, *args):
    result = libc.syscall(number, *args)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def flow():
    target = sys.argv[4].split(':')
    packet = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # The answer to a packet that is refused is told at a later call, and is no reason to end.
    packet.sendto(b'x', (target[0], 1 + len(held) % 60000))
    held.append(None)


things = {
    'inotify': lambda: held.append(call(294, 0)),
    'terminals': lambda: held.append(os.open('/dev/ptmx', os.O_RDWR | os.O_NOCTTY)),
    'signals': lambda: call(129, os.getpid(), 40, signal_info),
    'flows': flow,
}

signal.pthread_sigmask(signal.SIG_BLOCK, [40])
count = 0
end = 'most'
try:
    while count < most:
        things[thing]()
        count += 1
except OSError as error:
    end = error.strerror
print(count, end, flush=True)
time.sleep(seconds)
