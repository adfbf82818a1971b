"""What collects the logs of a node's containers, one module for each kind of collector."""
