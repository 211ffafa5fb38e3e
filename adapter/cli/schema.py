"""`planbridge schema`: JSON Schema of the programme's own JSON, for editors and for whoever writes such files.

Works without a store, a network or any file but the one that it is told to write.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from adapter.cli.files import shown

_EPILOG = """\
examples:
  planbridge schema                          all entities, to standard output
  planbridge schema Goal                     one entity: smaller, and an editor says more exactly what is wrong
  planbridge schema --out native.schema.json into a file, which it replaces

In an editor: completion, what each field means, and what is wrong, while you write. VS Code, in settings.json:
  "json.schemas": [{"fileMatch": ["*/native/*.json"], "url": "./native.schema.json"}]

It says what native JSON looks like. `planbridge check` says more: values that contradict each other, and FHIR.

exit code: 0 done, 2 could not run
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge schema` takes."""
    from mappings.native import ENTITIES

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"{_EPILOG}\nentities: {', '.join(ENTITIES)}"
    parser.add_argument("entity", nargs="?", metavar="ENTITY", choices=tuple(ENTITIES), help="only this one")
    parser.add_argument("--out", metavar="FILE", help="where to write (default: standard output)")


def run(args: argparse.Namespace) -> int:
    """Print or write the schema; return 0, or 2 where the file cannot be written."""
    from mappings.json_schema import schema
    from mappings.tree import pretty

    text = pretty(schema(args.entity))
    if args.out is None:
        sys.stdout.write(text.decode())
        return 0
    try:
        Path(args.out).write_bytes(text)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "cannot be written"
        print(f"planbridge schema: {shown(args.out)}: {why}", file=sys.stderr)
        return 2
    return 0
