"""The model behind the program's command line, to try the runner itself: `PERENNIAL_CMD` = `python -m tests.second_reading.fake`.

It keeps its state by replaying every command that came before, from a log in PERENNIAL_HOME.
"""
from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from .commands import answer, parse
from .model import Model


def main(argv: list[str]) -> int:
    log = Path(os.environ['PERENNIAL_HOME']) / 'log'
    if argv == ['init']:
        log.write_text('')
        return 0
    if argv[0] == 'import':
        argv = ['import', Path(argv[1]).read_text()]
    model = Model()
    lines = [json.loads(line) for line in log.read_text().splitlines()] + [argv]
    log.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    for line in lines:
        if line[0] == 'import':
            model.load(json.loads(line[1]))
            status, out = 0, {}
        else:
            status, out = answer(model, line)
    if 'json' in parse(argv)[1] and status == 0:
        for one in out if argv[:2] == ['show', 'orders'] else [out]:
            text = json.dumps(one)
            print(text)
    return status


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
