"""What people look at in a browser. Rendered here, served by the gateway; the only home of jinja2."""
