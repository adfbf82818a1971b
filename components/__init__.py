"""Components: what a platform is built from. They know Pulumi and the spec, never the stack."""
