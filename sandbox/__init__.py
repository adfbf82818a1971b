"""An emulated cloud under the real Pulumi engine: no account, no Docker, no network."""
