"""What a stack costs a month, and why: from its resources, and a dated table of prices."""
