"""Wrong calls as a user makes them: in a process without the shape hook of the other tests."""

from __future__ import annotations

import subprocess
import sys

_EACH = """
for line in CASES.strip().splitlines():
    call, message = line.split(" | ")
    try:
        eval(call)
        print(line, "-> no error")
    except ValueError as error:
        if message not in str(error):
            print(line, "->", error)
    except Exception as error:
        print(line, "->", type(error).__name__, error)
"""


def not_refused(cases: str, before: str, after: str = "") -> str:
    """What goes wrong with lines `call | what its ValueError says`; nothing if all is well."""
    code = f"CASES = {cases!r}\n{before}\n{_EACH}\n{after}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout
