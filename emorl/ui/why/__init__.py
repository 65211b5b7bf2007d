"""The Why screen: why each word was chosen, and what would be written otherwise."""
