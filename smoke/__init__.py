"""What a platform has to answer once it is up: asked from outside, as people ask it."""
