"""Charts: the one of an application service, and the pins of all that others make."""
