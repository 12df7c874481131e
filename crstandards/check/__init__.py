"""The check: what is checked, and from solutions to findings and a report."""
