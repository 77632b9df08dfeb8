"""The program that parses one file, in a process of its own; `reader` starts it and reads its output.

A file of five kilobytes can make the parser ask for hundreds of gigabytes and abort, so it runs under limits
and alone. It is started by its path, in isolation, and imports nothing of ours but the folder `reading` beside
it: what breaks there stays there.

It is given the kind of the file, its path, how many rows a sheet may have, and the names of the sheets that are read
beside the first; for a text file, which is one sheet, the headings that are known. Output is lines of JSON: for each
sheet that is not read `{"left_out": name, "rows": how many, "top": [[row number, [text, ...]], ...]}`; for each that
is `{"sheet": name}`, then lists of `[row number, [text of column A, B, ...], notes]`; at the end `{"end": true,
"hidden": [names of hidden sheets that hold anything]}` or `{"refused": sentence}`.
No last line means that the process died.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    # Last, so that no file of ours can stand in for one of the library's.
    sys.path.append(str(Path(__file__).parent))
    import_module("reading.program").main()
