"""The Results screen: what raters said, export and deletion, behind a password or a sign-in."""
