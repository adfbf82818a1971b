"""What a platform is, as data: the typed model of a stack file, its rules, and the errors it answers with.

Nothing here knows Pulumi, so a stack file can be checked, and its schema written, without an engine.
"""
