"""Everything that touches a wire, a disk or a clock."""
