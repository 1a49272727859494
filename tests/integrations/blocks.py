"""Takes code blocks out of a page.

    blocks.py PAGE yaml FOLDER     each block of that language, as FOLDER/SECTION-NUMBER.yaml
    blocks.py PAGE tried FOLDER    each block behind `<!-- tried: PATH -->`, as FOLDER/PATH; prints the paths
"""

import pathlib
import re
import sys

page, wanted, folder = pathlib.Path(sys.argv[1]), sys.argv[2], pathlib.Path(sys.argv[3])
section, tried, block, count = "", None, None, 0
for line in page.read_text(encoding="utf-8").splitlines(keepends=True):
    fence = re.match(r"```(\w*)", line)
    if block is not None and fence:
        path = None
        if wanted == "tried":
            path = tried
        elif language == wanted:
            path = f"{section}-{count}.{wanted}"
        if path:
            count += 1
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("".join(block), encoding="utf-8")
            if wanted == "tried":
                print(path)
        block, tried = None, None
    elif block is not None:
        block.append(line)
    elif fence:
        block, language = [], fence[1]
    elif line.startswith("## "):
        section = line[3:].strip().replace(" ", "-")
    elif mark := re.match(r"<!-- tried: (\S+) -->", line):
        tried = mark[1]
if not count:
    sys.exit(f"{page} has no block of {wanted}")
