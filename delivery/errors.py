"""What ends a command with a message instead of a traceback."""


class Refused(Exception):
    """Something that a person has to decide or mend; the message says what, and how."""
