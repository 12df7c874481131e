"""Rules about the connections of an environment and who owns them."""
