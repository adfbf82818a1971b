"""What a cloud's own services do for parts that run inside the cluster."""
