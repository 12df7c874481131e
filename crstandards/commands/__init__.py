"""One module per verb: `configure(parser)` declares its options, `run(options)` returns the exit status."""
