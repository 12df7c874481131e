"""What `init` writes: the first configuration, the hook of pre-commit, the pipeline of a CI service."""
