"""Rules about what solutions bring together in a declared environment."""
