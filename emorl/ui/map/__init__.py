"""The Map screen: the atlas as a picture and a list, and what raters preferred laid over it."""
