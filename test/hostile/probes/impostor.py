"""Stops the agent, takes its listening socket, and answers in its place: impostor.py MANNER. Prints `in place`."""
import ctypes
import glob
import os
import signal
import socket
import sys
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
manner = sys.argv[1]


def find_agent():
    for process in glob.glob('/proc/[0-9]*'):
        try:
            with open(process + '/cmdline', 'rb') as stream:
                words = stream.read().split(b'\0')
        except OSError:
            continue
        if words[0].endswith(b'/ld.so') and any(word.endswith(b'agent.cjs') for word in words):
            return int(process[6:])
    sys.exit('there is no agent')


def forever(connection, piece, pause=0.0):
    while True:
        connection.sendall(piece)
        time.sleep(pause)


def answer(connection):
    connection.recv(65536)
    if manner == 'silence':
        time.sleep(1000)
    if manner == 'garbage':
        connection.sendall(os.urandom(5000))
    if manner == 'endless headers':
        connection.sendall(b'HTTP/1.1 200 OK\r\n')
        forever(connection, b'x-a: ' + b'a' * 1000 + b'\r\n')
    if manner == 'endless interim answers':
        forever(connection, b'HTTP/1.1 100 Continue\r\n\r\n' * 2000)
    if manner == 'endless chunk extension':
        connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;')
        forever(connection, b'a' * 65536)
    if manner == 'endless body':
        connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        forever(connection, b'a' * 65536)
    if manner == 'a byte now and then':
        connection.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        forever(connection, b'1\r\na\r\n', 0.2)
    if manner == 'two framings':
        connection.sendall(
            b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'
            b'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen'
        )


def serve(connection):
    try:
        answer(connection)
    except OSError:
        pass  # whoever asked has gone
    connection.close()


agent = find_agent()
taken = libc.syscall(438, libc.syscall(434, agent, 0), 3, 0)
if taken < 0:
    sys.exit('refused: ' + os.strerror(ctypes.get_errno()))
print('in place', flush=True)
if os.fork():
    os._exit(0)
os.setsid()
nothing = os.open('/dev/null', os.O_RDWR)
for descriptor in range(3):
    os.dup2(nothing, descriptor)
time.sleep(0.3)  # for the agent to tell that this command has ended
os.kill(agent, signal.SIGSTOP)
listener = socket.socket(fileno=taken)
listener.setblocking(True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
