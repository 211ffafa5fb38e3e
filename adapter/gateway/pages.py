"""Pages that somebody else renders, served beside the records."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask, Response, request

Render = Callable[[str], tuple[bytes, str]]
"""The address at which the gateway was reached -> the page, and the Content-Security-Policy that it needs."""


def show(app: Flask, path: str, render: Render) -> None:
    """Serve what `render` gives at a path, to whoever asks."""

    def page() -> Response:
        body, policy = render(request.host_url.rstrip("/"))
        return Response(body, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})

    app.add_url_rule(path, endpoint=f"page {path}", view_func=page, methods=["GET"], provide_automatic_options=False)
