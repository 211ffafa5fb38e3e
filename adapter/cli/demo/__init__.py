"""`planbridge demo`: the main job on made-up people, against a sandbox EHR on this machine, shown and checked."""

from __future__ import annotations

import argparse
import sys

PORT = 8410


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `planbridge demo` takes."""
    parser.add_argument("--once", action="store_true", help="check the results and leave: exit 0 if all of them hold")
    parser.add_argument("--port", type=int, help=f"port of the gateway (default: {PORT}, or a free one if it is taken)")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 when all that it claims was found to be so, 1 when something was not, 2 when it could not run.

    Without --once it keeps serving after that, until it is interrupted.
    """
    from adapter.cli.demo.houses import CannotStart, houses
    from adapter.cli.demo.story import Story
    from adapter.cli.demo.teller import Stopped, Teller

    teller = Teller(sys.stdout)
    try:
        with houses(args.port, quietly=args.once) as both:
            story = Story(both, teller)
            try:
                story.run()
            except Stopped as stopped:
                teller.failed(str(stopped))
            code = teller.verdict()
            if code == 0 and not args.once:
                story.addresses()
                both.until_interrupted()
            return code
    except CannotStart as error:
        print(f"planbridge demo: {error}", file=sys.stderr)
        return 2
