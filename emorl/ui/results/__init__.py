"""The Results screen: what raters said, export and deletion, behind the log-in."""
