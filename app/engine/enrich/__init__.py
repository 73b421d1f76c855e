"""Touch history and joins: every order event meets the book as of its nanosecond."""
