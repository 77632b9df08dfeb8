"""A vendor that says yes at once, or after so many milliseconds: raw asyncio, so that it is never the bottleneck.

python instant_vendor.py [MILLISECONDS]; prints its URL.
"""

from __future__ import annotations

import asyncio
import sys
import time
from itertools import count

IDS = count(time.time_ns())
"""No two leads have one, not even those of two runs."""
BODY = b'{"success": true, "message": "ok", "data": {"lead_id": %d, "status": "New"}}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request of one connection."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            await asyncio.sleep(DELAY)
            body = BODY % next(IDS)
            writer.write(HEAD % len(body) + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


DELAY = float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.0
if __name__ == "__main__":
    asyncio.run(main())
