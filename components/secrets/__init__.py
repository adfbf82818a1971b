"""Secret material: what every component hands over, and the mechanisms that bring it to pods."""
