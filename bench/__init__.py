"""Time and memory of each stack in the sandbox, beside a floor that is measured in the same run."""
