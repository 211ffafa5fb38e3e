"""What may leave: consent and redaction (pure), the one gate, and the record of what went out."""
