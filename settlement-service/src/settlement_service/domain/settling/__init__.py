"""Domain: from items to what a settlement posts: the difference to what was posted before."""
