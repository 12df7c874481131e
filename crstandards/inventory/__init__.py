"""Inventories: exports of an environment's connections, references and users, read as the official tools
write them, and the committed form that holds nobody's name.
"""
