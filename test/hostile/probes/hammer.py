"""Never stops trying: hammer.py HOST PORT. A packet by UDP and a connection by TCP every few milliseconds."""
import socket
import sys
import time

host, port = sys.argv[1], int(sys.argv[2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.setblocking(False)
tried = []
while True:
    try:
        udp.sendto(b'hammer', (host, port))
    except OSError:
        pass
    tcp = socket.socket()
    tcp.setblocking(False)
    tcp.connect_ex((host, port))
    tried.append(tcp)
    if len(tried) > 50:
        tried.pop(0).close()
    time.sleep(0.003)
