"""The server by hand: ``python -m perennial.db.server start|stop|url|status``."""

from __future__ import annotations

import sys

from perennial.db.server import Answer, Installation, home
from perennial.errors import Refused


def main(arguments: list[str]) -> int:
    commands = {"start", "stop", "url", "status"}
    if len(arguments) != 1 or arguments[0] not in commands:
        print("usage: python -m perennial.db.server start|stop|url|status", file=sys.stderr)
        return 2
    installation = Installation(home())
    try:
        match arguments[0]:
            case "start":
                installation.join()
            case "stop":
                print("stopped" if installation.stop() else "it did not run")
            case "url":
                print(installation.server.url())
            case "status":
                server = installation.server
                print(f"{server.place.folder}: {server.answer().name.lower()}")
                return 0 if server.answer() is Answer.READY else 1
    except Refused as refused:
        from perennial.language import phrase, say  # here, because it is large and most commands refuse nothing

        more = phrase("command", refused.code, refused.facts) or ""
        print(f"perennial: {say(refused)}{more}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
