"""What an order cost: exact integers inside, floats only where a figure is published."""
