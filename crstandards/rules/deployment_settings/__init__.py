"""Rules about the deployment settings of an environment."""
