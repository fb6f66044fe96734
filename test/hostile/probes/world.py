"""Answers on every port named and notes what arrives: world.py FILE PORT,PORT,...

TCP says `hello` and gives back what it gets; UDP gives back what it gets. Each packet that comes to this machine, whoever it
is for, is a line in FILE: protocol, sender, receiver, port.
"""
import socket
import struct
import sys
import threading

notes = open(sys.argv[1], 'a', buffering=1)
ports = [int(port) for port in sys.argv[2].split(',')]
outgoing = 4
protocols = {1: 'icmp', 6: 'tcp', 17: 'udp'}


def watch(packets):
    while True:
        frame, (_, kind, direction, *_) = packets.recvfrom(65535)
        packet = frame[14:]
        if direction == outgoing:
            continue
        if kind == 0x0800:
            protocol = packet[9]
            if protocol == 2:  # groups of multicast, which every machine tells of
                continue
            head = (packet[0] & 15) * 4
            is_first = struct.unpack('!H', packet[6:8])[0] & 0x1FFF == 0
            port = struct.unpack('!H', packet[head + 2:head + 4])[0] if protocol in (6, 17) and is_first else '-'
            sender, receiver = (socket.inet_ntoa(packet[at:at + 4]) for at in (12, 16))
            notes.write(f'{protocols.get(protocol, protocol)} {sender} {receiver} {port}\n')
        elif kind == 0x86DD and packet[6] not in (0, 58):  # neighbours look for each other
            notes.write(f'ipv6 {packet[6]}\n')


def serve(connection):
    try:
        connection.sendall(b'hello\n')
        while data := connection.recv(65536):
            connection.sendall(data)
    except OSError:
        pass
    finally:
        connection.close()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


def echo(udp):
    while True:
        data, sender = udp.recvfrom(65535)
        udp.sendto(data[:1000], sender)


def start(work, *args):
    threading.Thread(target=work, args=args, daemon=True).start()


start(watch, socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
for port in ports:
    listener = socket.create_server(('0.0.0.0', port), backlog=512)
    start(accept, listener)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(('0.0.0.0', port))
    start(echo, udp)
print('listening', flush=True)
threading.Event().wait()
