"""A WebSocket server that sends back each small message it gets. Usage: echo.py PORT"""
import asyncio, base64, hashlib, sys


async def serve(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    lines = dict(line.split(": ", 1) for line in head.decode("latin1").split("\r\n")[1:-2])
    key = {name.lower(): value for name, value in lines.items()}["sec-websocket-key"]
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n")
    writer.write(b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    while True:
        kind, size = await reader.readexactly(2)
        mask = await reader.readexactly(4)
        body = await reader.readexactly(size & 127)
        writer.write(bytes([kind, size & 127]) + bytes(byte ^ mask[i % 4] for i, byte in enumerate(body)))
        if kind & 15 == 8:
            break
    writer.close()


async def accept(reader, writer):
    try:
        await serve(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main():
    server = await asyncio.start_server(accept, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


asyncio.run(main())
