"""Pages of who runs this node, below ``/node``; to everybody else there are none."""
